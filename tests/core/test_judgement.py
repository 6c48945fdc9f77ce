"""The verdict of networks whose true map is known, and of everything that can't be told."""

import json
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from gradcam_core.cam import Cam
from gradcam_core.errors import Cancelled, ImageError, ResourceError
from gradcam_core.metrics.baselines import CENTRE, EDGES_OWN, centred_blob, edges_on
from gradcam_core.metrics.region import Region
from gradcam_core.sentences import number
from gradcam_core.trust.judgement import Judgement, judge
from gradcam_core.trust.provisional import provisional
from gradcam_core.trust.rule import Condition, Verdict
from gradcam_core.trust.sweep import Sweep, sweep
from tests.core.made_networks import asked, cam_of, checkers, linear, truth

SHAPE = (56, 56)
TRUE = truth((7, 7))
WHOLE = Region(0, 0, *SHAPE)
Z = linear(TRUE, WHOLE, SHAPE)


def judged(cam: Cam, *, outputs: str = "softmax", least_likely: Cam | None = None) -> Judgement:
    """By the network that sees exactly `TRUE`."""
    score = asked(Z, outputs=outputs)
    activation = outputs
    return judge(score, sweep(score, checkers(SHAPE), activation=activation), cam, least_likely)


@pytest.fixture(scope="module")
def swept() -> Sweep:
    return sweep(asked(Z), checkers(SHAPE), activation="softmax")


@pytest.mark.parametrize("outputs", ["softmax", "sigmoid", "binary"])
def test_the_true_map_of_a_linear_network_is_supported(outputs: str) -> None:
    judgement = judged(cam_of(TRUE, SHAPE), outputs=outputs)
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.numbers.agreement.lower > 0.99
    assert judgement.numbers.placement == pytest.approx((1 / 201, 1 / 201))
    assert judgement.fifth is not None
    assert judgement.fifth.rank == (1, 1)
    assert (judgement.reasons, judgement.failed) == ((), ())
    assert len(judgement.lines) == 3
    assert "none of 200" in judgement.lines[2]


def test_the_class_that_a_binary_network_denies_gets_the_opposite_evidence() -> None:
    score = asked(lambda pictures: -0.25 * Z(pictures), outputs="binary")  # p of class 1 is 0.27
    made = sweep(score, checkers(SHAPE), activation="binary")
    denied, named = (provisional(made, cam_of(TRUE, SHAPE, class_index=index)) for index in (1, 0))
    assert denied.log_odds == pytest.approx(-1, abs=1e-4)
    assert named.log_odds == pytest.approx(1, abs=1e-4)
    assert denied.agreement.higher < -0.99
    assert named.agreement.lower > 0.99


@pytest.mark.parametrize("shape", [(48, 96), (96, 56)])
def test_what_is_not_square_is_judged_as_well(shape: tuple[int, int]) -> None:
    values = truth((6, 8))
    score = asked(linear(values, Region(0, 0, *shape), shape))
    made = sweep(score, checkers(shape), activation="softmax")
    judgement = judge(score, made, cam_of(values, shape))
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.numbers.agreement.lower > 0.99


def test_with_padding_all_happens_within_the_image() -> None:
    region, values = Region(14, 0, 28, 56), np.pad(truth((4, 8)), ((2, 2), (0, 0)), constant_values=9)
    score = asked(linear(values, region, SHAPE))
    picture = checkers(SHAPE)
    picture[:, :14], picture[:, 42:] = 0, 0
    seen: list[np.ndarray] = []

    def watched(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        seen.append(np.asarray(inputs))
        return score(inputs)

    cam = cam_of(values, SHAPE, image=(56, 28))
    made = sweep(watched, picture, Region.of(cam.geometry), activation="softmax")
    judgement = judge(watched, made, cam)
    assert made.region == region
    assert judgement.numbers.agreement.lower > 0.99
    pictures = np.concatenate(seen)
    assert len(pictures) == 133
    assert not pictures[:, :, :14].any()
    assert not pictures[:, :, 42:].any()


def test_a_displaced_map_is_judged_where_its_cells_look(swept: Sweep) -> None:
    moved = np.roll(truth((56, 56)), (8, 0), axis=(0, 1))  # a cell of 7 further down
    score = asked(linear(moved, WHOLE, SHAPE))
    made = sweep(score, checkers(SHAPE), activation="softmax")
    as_drawn = cam_of(truth((56, 56)), SHAPE)
    geometry = as_drawn.geometry
    object.__setattr__(geometry, "shift", (0.0, 8.0))  # right and down, in cells
    assert provisional(made, as_drawn).agreement.lower > 0.99
    assert provisional(made, cam_of(truth((56, 56)), SHAPE)).agreement.lower < 0.9


@pytest.mark.parametrize("right", [-0.4, -0.08, 0.08, 0.4])
def test_an_edge_map_laid_where_the_cells_look_is_no_better_than_the_baseline(swept: Sweep, right: float) -> None:
    edges = edges_on(swept.edges, (7, 7)).astype(np.float32)
    cam = cam_of(edges, SHAPE)
    moved = replace(cam, geometry=replace(cam.geometry, shift=(right, 0.0)))
    numbers = provisional(swept, moved)
    assert numbers.baselines[EDGES_OWN] >= numbers.agreement.lower


def test_a_map_of_the_wrong_place_is_not_supported_and_says_both_numbers() -> None:
    judgement = judged(cam_of(TRUE[::-1], SHAPE))
    assert judgement.verdict is Verdict.NOT_SUPPORTED
    assert judgement.failed == (Condition.AGREEMENT, Condition.PLACEMENT)
    assert f"agreement {number(judgement.numbers.agreement.lower, 2)}" in judgement.reasons[0]
    assert judgement.lines[1].startswith("What it marks strongly matters")


def test_a_map_that_another_class_s_map_equals_is_mixed() -> None:
    judgement = judged(cam_of(TRUE, SHAPE), least_likely=cam_of(TRUE, SHAPE, class_index=0))
    assert judgement.verdict is Verdict.MIXED
    assert judgement.failed == (Condition.OTHER_CLASS,)
    assert judgement.reasons == ("The map of another class does as well.",)


def test_a_class_map_that_says_nothing_takes_no_support_away() -> None:
    blank = cam_of(np.zeros((7, 7)), SHAPE, class_index=0)
    judgement = judged(cam_of(TRUE, SHAPE), least_likely=blank)
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.as_json()["numbers"]["least_likely"] is None


def test_where_the_network_looks_at_the_centre_a_blob_there_does_as_well() -> None:
    blob = centred_blob((7, 7), WHOLE)
    score = asked(linear(centred_blob((56, 56), WHOLE), WHOLE, SHAPE))
    judgement = judge(score, sweep(score, checkers(SHAPE), activation="softmax"), cam_of(blob, SHAPE))
    assert judgement.verdict is Verdict.MIXED
    assert Condition.CENTRE in judgement.failed
    assert judgement.numbers.baselines[CENTRE] > 0.98


def no_evidence(pictures: np.ndarray) -> np.ndarray:
    return np.full(len(pictures), 2.0)


@pytest.mark.parametrize(
    ("values", "z", "condition", "told"),
    [
        (TRUE, no_evidence, Condition.SPREAD, "changes hardly anything"),
        (TRUE, lambda pictures: Z(pictures) - 9, Condition.SURE, "hardly sees dog"),
        (np.ones((7, 7)), Z, Condition.USABLE, "flat"),
        (np.zeros((7, 7)), Z, Condition.USABLE, "blank"),
        (-TRUE, Z, Condition.USABLE, "negative everywhere"),
        (np.where(TRUE.max() > TRUE, TRUE, np.nan), Z, Condition.USABLE, "not finite"),
        (TRUE, lambda pictures: np.where(Z(pictures) < 3, np.nan, Z(pictures)), Condition.FINITE, "not finite"),
        (TRUE, lambda pictures: Z(pictures) * np.inf, Condition.FINITE, "not finite"),
    ],
)
def test_what_can_not_be_told_has_its_reason_and_costs_no_picture_more(
    values: np.ndarray, z: object, condition: Condition, told: str
) -> None:
    made = sweep(asked(z), checkers(SHAPE), activation="softmax")  # type: ignore[arg-type]
    judgement = judge(_no_one, made, cam_of(values, SHAPE))
    assert judgement.verdict is Verdict.CANNOT_TELL
    assert judgement.failed == (condition,)
    assert told in judgement.reasons[0]
    assert (judgement.fifth, judgement.lines) == (None, ())
    json.dumps(judgement.as_json(), allow_nan=False)


def _no_one(_inputs: np.ndarray | Tensor, /) -> np.ndarray:
    raise AssertionError("no picture is needed")


def test_a_network_that_fails_in_the_last_four_pictures_can_not_be_judged(swept: Sweep) -> None:
    judgement = judge(asked(lambda pictures: Z(pictures) * np.nan), swept, cam_of(TRUE, SHAPE))
    assert judgement.verdict is Verdict.CANNOT_TELL
    assert judgement.failed == (Condition.FINITE,)


def test_a_map_that_is_not_finite_is_told_even_where_nobody_noted_it(swept: Sweep) -> None:
    cam = replace(cam_of(np.full((7, 7), np.inf), SHAPE), note="")
    assert judge(_no_one, swept, cam).failed == (Condition.USABLE,)


def test_one_class_alone_can_not_be_judged() -> None:
    made = sweep(lambda pictures: np.ones((len(pictures), 1)), checkers(SHAPE), activation="softmax")
    judgement = judge(_no_one, made, cam_of(TRUE, SHAPE, class_index=0))
    assert judgement.failed == (Condition.CLASSES,)


@pytest.mark.parametrize("region", [Region(24, 0, 7, 56), Region(24, 20, 1, 1)])
def test_a_picture_smaller_than_the_parts_is_asked_about_once(region: Region) -> None:
    asked_for: list[int] = []

    def score(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        asked_for.append(len(inputs))
        return asked(Z)(inputs)

    judgement = judge(_no_one, sweep(score, checkers(SHAPE), region, activation="softmax"), cam_of(TRUE, SHAPE))
    assert judgement.failed == (Condition.SIZE,)
    assert sum(asked_for) == 1


@pytest.mark.parametrize("error", [ResourceError("There is not enough memory."), Cancelled("Stopped.")])
def test_what_the_network_raises_in_the_middle_passes_through(error: ResourceError) -> None:
    left = [60]

    def score(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        left[0] -= len(inputs)
        if left[0] < 0:
            raise error
        return asked(Z)(inputs)

    with pytest.raises(ResourceError) as caught:
        sweep(score, checkers(SHAPE), activation="softmax")
    assert caught.value is error


def test_a_sweep_is_a_small_value_that_nobody_can_change(swept: Sweep) -> None:
    assert swept.hidden_logits.shape == (2, 64, 2)
    assert swept.nbytes < 5 * swept.picture.nbytes
    for array in (swept.picture, swept.logits, swept.hidden_logits, swept.edges, swept.edge_shares):
        assert not array.flags.writeable


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(swept: Sweep) -> None:
    cam, score = cam_of(TRUE[:, ::-1], SHAPE), asked(Z)
    again, other = (sweep(score, checkers(SHAPE), activation="softmax", seed=seed) for seed in (0, 1))
    assert judge(score, swept, cam).as_json() == judge(score, again, cam).as_json()
    assert judge(score, other, cam).numbers.agreement != judge(score, swept, cam).numbers.agreement


def test_a_map_of_another_input_or_class_is_a_mistake_that_stays_loud(swept: Sweep) -> None:
    with pytest.raises(ValueError, match="not one of the sweep"):
        provisional(swept, cam_of(TRUE, (48, 48)))
    with pytest.raises(ValueError, match="not one of the sweep"):
        provisional(swept, cam_of(TRUE, SHAPE, class_index=2))
    with pytest.raises(ValueError, match="one picture"):
        sweep(asked(Z), np.zeros((2, 3, 8, 8)), activation="softmax")


@pytest.mark.parametrize(("strength", "odds"), [(30.0, "11,000,000,000,000"), (200.0, "10⁸⁷")])
def test_where_the_probability_hardly_moves_odds_are_told(strength: float, odds: str) -> None:
    score = asked(linear(TRUE, WHOLE, SHAPE, strength=strength))
    line = judge(score, sweep(score, checkers(SHAPE), activation="softmax"), cam_of(TRUE, SHAPE)).lines[0]
    assert f"the odds of dog from {odds} to 1 to" in line
    assert "%" not in line


@pytest.mark.parametrize(("share", "told"), [(3.0, "drops"), (-3.0, "raises")])
def test_hiding_is_said_with_its_direction(share: float, told: str) -> None:
    """A network that sees the map's evidence against the class, and is sure of it otherwise."""
    score = asked(lambda pictures: share * Z(pictures) / 4 + max(-share, 0) * 4 / 3)
    line = judge(score, sweep(score, checkers(SHAPE), activation="softmax"), cam_of(TRUE, SHAPE)).lines[0]
    assert line.startswith(f"Hiding the marked fifth {told} dog from ")


def test_faithful_and_on_the_thing_are_two_sentences(swept: Sweep) -> None:
    score, cam = asked(Z), cam_of(TRUE, SHAPE)
    on, beside = np.zeros(SHAPE, dtype=bool), np.zeros(SHAPE, dtype=bool)
    on[4:26, 4:30] = True
    beside[40:, :16] = True
    first, second = (judge(score, swept, cam, thing_mask=mask) for mask in (on, beside))
    assert first.verdict is second.verdict is Verdict.SUPPORTED
    assert first.thing is not None
    assert first.thing.is_on_it
    assert first.thing.area == pytest.approx(on.mean())
    assert "lies on the thing" in first.thing_line
    assert second.thing is not None
    assert not second.thing.is_on_it
    assert "beside the thing" in second.thing_line


def test_a_mask_of_another_size_is_one_sentence_and_an_empty_one_says_nothing(swept: Sweep) -> None:
    with pytest.raises(ImageError, match=r"The mask is 20 x 10 pixels and the image 56 x 56\."):
        judge(asked(Z), swept, cam_of(TRUE, SHAPE), thing_mask=np.ones((10, 20), dtype=bool))
    judgement = judge(asked(Z), swept, cam_of(TRUE, SHAPE), thing_mask=np.zeros(SHAPE, dtype=bool))
    assert (judgement.thing, judgement.thing_line) == (None, "")
