"""What does the evidence say, in words that need no statistics? The same on screen, on a terminal and in files."""

import math

from gradcam_core.cam import Cam
from gradcam_core.methods import get_method
from gradcam_core.metrics.log_odds import probability
from gradcam_core.metrics.placement import PLACEMENTS
from gradcam_core.sentences import number, rounded_percent, short_label
from gradcam_core.trust.numbers import FifthHidden, Provisional
from gradcam_core.trust.rule import NO_AGREEMENT, RANK, Condition, Verdict, cannot_tell_because
from gradcam_core.trust.thing import OnThing

HEADLINES = {
    Verdict.SUPPORTED: "The evidence supports this heatmap: hiding what it marks changes what the network says.",
    Verdict.MIXED: "The evidence for this heatmap is mixed.",
    Verdict.NOT_SUPPORTED: "The evidence does not support this heatmap: what it marks hardly matters to the network.",
    Verdict.CANNOT_TELL: "Whether this heatmap deserves belief can't be told.",
}
FAITHFUL = "This is about the network: a heatmap can be faithful to it, and the network wrong about the world."
_SURE = 0.99  # from here on probabilities say little, and odds are told
_LONGEST = 17  # digits of odds that are written out
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def reason(condition: Condition, numbers: Provisional, fifth: FifthHidden | None, cam: Cam) -> str:
    """Why a verdict is not "supported", in one sentence with this image's numbers."""
    label = short_label(cam.prediction.label)
    rank = fifth.rank.lower if fifth else math.nan
    return {
        Condition.USABLE: numbers.unusable,
        Condition.FINITE: "The network gives numbers that are not finite for this image, whole or with a part hidden.",
        Condition.CLASSES: "There is only one class: nothing can speak for it or against it.",
        Condition.SIZE: "The picture is too small for the parts: in the network's input it is a few pixels wide.",
        Condition.SURE: f"The network hardly sees {label} here ({rounded_percent(numbers.probability)}): "
        "there is nothing to explain.",
        Condition.SPREAD: "Hiding parts of the image changes hardly anything: a map has nothing to explain.",
        Condition.DEFINED: "The map's heat is alike everywhere: hiding any part hides as much of it.",
        Condition.BOTH_FILLS: "It holds under one fill only.",
        Condition.AGREEMENT: f"What it marks strongly matters {_how_much(numbers)}: "
        f"agreement {number(numbers.agreement.lower, 2)} (0 is chance).",
        Condition.PLACEMENT: "The same map moved elsewhere does nearly as well: the thing fills the image, "
        "or the map does not point to it.",
        Condition.RANK: f"Hiding its strongest fifth costs more than hiding {rank * 100:.0f} of 100 random parts of "
        f"that size; {RANK * 100:.0f} are asked for.",
        Condition.CENTRE: "A blob in the centre of the image does as well.",
        Condition.EDGES: "An edge map of the image does as well.",
        Condition.OTHER_CLASS: "The map of another class does as well.",
    }[condition]


def lines(numbers: Provisional, fifth: FifthHidden, cam: Cam) -> tuple[str, ...]:
    """Three lines with this image's numbers: what hiding does, agreement, placement."""
    return _hiding(numbers, fifth, short_label(cam.prediction.label)), *provisional_lines(numbers)


def on_thing_line(thing: OnThing, verdict: Verdict, cam: Cam) -> str:
    """Where the evidence lies, and what that says together with the verdict."""
    label, noun = short_label(cam.prediction.label), get_method(cam.key.method).phrase.noun
    where = "on" if thing.is_on_it else "beside"
    found = (
        f"The {noun} lies {where} the thing: {rounded_percent(thing.share)} of it on {label}, "
        f"which covers {rounded_percent(thing.area)} of the image."
    )
    if verdict is not Verdict.SUPPORTED:
        return found
    if thing.is_on_it:
        return f"{found} The map is faithful to the network, and the network looks at the thing."
    return f"{found} The map is faithful to the network, and the network looks beside the thing."


def provisional_lines(numbers: Provisional) -> tuple[str, ...]:
    """The second and third line, which need no picture of the map's own; none where nothing can be told."""
    if cannot_tell_because(numbers):
        return ()
    agreement = number(numbers.agreement.lower, 2)
    return f"What it marks strongly matters {_how_much(numbers)}: agreement {agreement} (0 is chance).", _moved(numbers)


def _hiding(numbers: Provisional, fifth: FifthHidden, label: str) -> str:
    """Under the fill that speaks less for the map."""
    weaker = max(range(len(fifth.hidden)), key=lambda fill: fifth.hidden[fill])
    left, elsewhere = float(probability(fifth.hidden[weaker])), fifth.elsewhere[weaker]
    if numbers.probability >= _SURE and left >= _SURE:
        return _in_odds(numbers.log_odds, fifth.hidden[weaker], fifth.elsewhere_log_odds[weaker], label)
    moves = "drops" if left < numbers.probability else "raises"
    return (
        f"Hiding the marked fifth {moves} {label} from {rounded_percent(numbers.probability)} "
        f"to {rounded_percent(left)}; "
        f"hiding equally large parts anywhere, to {rounded_percent(elsewhere)} on average."
    )


def _in_odds(whole: float, left: float, elsewhere: float, label: str) -> str:
    moves = "drops" if left < whole else "raises"
    return (
        f"Hiding the marked fifth {moves} the odds of {label} from {_odds(whole)} to {_odds(left)}; "
        f"hiding equally large parts anywhere, to {_odds(elsewhere)} on average."
    )


def _odds(log_odds: float) -> str:
    """As in "12,000 to 1" or "1 to 3", two figures; very large ones as in "10²⁰ to 1"."""
    tens = abs(log_odds) / math.log(10)
    if tens >= _LONGEST:
        large = "10" + str(round(tens)).translate(_RAISED)
    else:
        odds = math.exp(abs(log_odds))
        large = f"{round(odds, -max(math.floor(math.log10(odds)) - 1, 0)):,.0f}"
    return f"{large} to 1" if log_odds >= 0 else f"1 to {large}"


def _how_much(numbers: Provisional) -> str:
    agreement = numbers.agreement.lower
    if agreement >= NO_AGREEMENT:
        return "more"
    return "hardly more" if agreement > -NO_AGREEMENT else "less"


def _moved(numbers: Provisional) -> str:
    as_good = round(numbers.placement.higher * (PLACEMENTS + 1)) - 1
    return f"The same map moved elsewhere does as well in {as_good or 'none'} of {PLACEMENTS} places."
