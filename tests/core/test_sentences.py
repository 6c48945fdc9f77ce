"""What a map says in one sentence: true of the map, plain, and the same wherever it is read."""

from dataclasses import replace

import numpy as np
import pytest

from gradcam_core.cam import Cam, Prediction, ResultKey
from gradcam_core.comparison import likeliest_cams, strongest_value
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.layers.place import ReceptiveField
from gradcam_core.methods import METHODS
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from gradcam_core.sentences import caption, cells_sentence, is_spread, number, percent, place, rounded_percent, sentence
from gradcam_core.text import counted, figures

WHOLE = Window(0, 0, 90, 90)


def cam(values: np.ndarray, *, label: str = "tabby", method: str = "gradcam", note: str = "") -> Cam:
    return Cam(
        values=values.astype(np.float32),
        prediction=Prediction(7, label, 4.25, 0.71),
        key=ResultKey("sha", "net", "layer4.1", method, 7, "trained"),
        geometry=InputGeometry((90, 90), (30, 30), WHOLE),
        method_title=METHODS[method].title,
        model_title="Net",
        note=note,
    )


def one_hot(row: int, column: int, cells: int = 3) -> np.ndarray:
    values = np.zeros((cells, cells))
    values[row, column] = 1
    return values


def said(one: Cam, *, likeliest: int = 7, strongest: float = 0.0) -> str:
    among = [replace(one.prediction, class_index=likeliest)]
    return sentence(one, among=among, strongest=strongest).replace("\N{NO-BREAK SPACE}", " ")


def test_sentence_says_what_how_sure_and_where() -> None:
    assert said(cam(one_hot(1, 0))) == "It says tabby (71 %). The evidence is on the left."


def test_of_another_class_than_the_likeliest_it_does_not_say_that_the_network_says_it() -> None:
    assert said(cam(one_hot(2, 2)), likeliest=3) == "It gives tabby 71 %. The evidence is at the bottom right."


def test_evidence_far_below_the_strongest_map_is_called_weak() -> None:
    assert said(cam(one_hot(1, 1)), strongest=5.0) == "It says tabby (71 %). The evidence is weak, and in the middle."
    assert "weak" not in said(cam(one_hot(1, 1)), strongest=3.9)


def test_evidence_all_over_the_picture_is_not_said_to_lie_at_its_peak_alone() -> None:
    values = np.ones((8, 8)) + one_hot(0, 0, 8)
    assert said(cam(values)).endswith("The evidence is spread out, and strongest at the top left.")
    assert said(cam(values), strongest=9.0).endswith("is weak, spread out, and strongest at the top left.")


def test_half_of_the_evidence_round_the_peak_is_not_spread_out() -> None:
    near = one_hot(3, 3, 8) + one_hot(3, 4, 8)
    assert not is_spread(cam(near + 0.9 * one_hot(7, 7, 8) + 0.9 * one_hot(0, 7, 8)))
    assert is_spread(cam(near + 1.0 * one_hot(7, 7, 8) + 1.0 * one_hot(0, 7, 8) + 0.1 * one_hot(7, 0, 8)))


def test_sentence_of_an_unusable_map_says_why_and_no_place() -> None:
    assert said(cam(np.zeros((3, 3)), note="The map is blank.")) == "It says tabby (71 %). The map is blank."


def test_sentence_of_a_method_that_knows_no_class_says_so_in_the_methods_own_words() -> None:
    assert said(cam(one_hot(0, 0), method="eigencam")).endswith(
        "Eigen-CAM draws the same map for every class: what varies most is at the top left."
    )


def test_sentence_of_two_classes_names_both() -> None:
    compared = replace(cam(one_hot(1, 0)), versus=Prediction(8, "tiger cat", 1.0, 0.2))
    assert said(compared) == "It says tabby (71 %). Set against tiger cat, the evidence is on the left."


def test_a_label_without_end_is_cut_in_the_sentence_and_whole_in_the_caption() -> None:
    endless = cam(one_hot(1, 0), label="tabby " * 40)
    assert said(endless).startswith("It says tabby tabby")
    assert len(said(endless)) < 120
    assert ("tabby " * 40) in caption(endless, "0123")


@pytest.mark.parametrize(
    ("peak", "where"),
    [
        ((0, 0), "at the top left"),
        ((45, 45), "in the middle"),
        ((89, 30), "on the right"),
        ((59, 89), "at the bottom"),
    ],
)
def test_place_is_told_in_thirds(peak: tuple[int, int], where: str) -> None:
    assert place(peak, (90, 90)) == where


@pytest.mark.parametrize(
    ("probability", "exact", "spoken"),
    [
        (0.0, "0.0 %", "0 %"),
        (0.0004, "< 0.1 %", "< 0.1 %"),
        (0.0044, "0.4 %", "0.4 %"),
        (0.0297, "3.0 %", "3 %"),
        (0.715, "71.5 %", "72 %"),
        (0.9944, "99.4 %", "99.4 %"),
        (0.9999, "> 99.9 %", "> 99.9 %"),
        (1.0, "100.0 %", "100 %"),
        (float("nan"), "not a number", "not a number"),
    ],
)
def test_percent_never_claims_certainty_or_impossibility_by_rounding(
    probability: float, exact: str, spoken: str
) -> None:
    assert percent(probability).replace("\N{NO-BREAK SPACE}", " ") == exact
    assert rounded_percent(probability).replace("\N{NO-BREAK SPACE}", " ") == spoken


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (-5.97e-4, "\N{MINUS SIGN}0.000597"),
        (0.41234, "0.412"),
        (999.6, "1,000"),
        (123456.0, "123,000"),
        (5e-8, "5.00 × 10⁻⁸"),
        (-3.456e20, "\N{MINUS SIGN}3.46 × 10²⁰"),
        (float("inf"), "not a number"),
    ],
)
def test_figures_are_for_people(value: float, text: str) -> None:
    assert figures(value) == text


def test_one_thing_is_counted_in_the_singular() -> None:
    assert [counted(count, "class", "classes") for count in (0, 1, 2, 1000)] == [
        "0 classes",
        "1 class",
        "2 classes",
        "1,000 classes",
    ]


def test_caption_names_class_layer_method_model_and_weights() -> None:
    assert caption(cam(one_hot(1, 1)), "0123456789abcdef") == (
        "tabby: class 7, logit 4.25 · layer layer4.1 · Grad-CAM · Net · weights 01234567"
    )


@pytest.fixture(scope="module")
def meadow(tinynet: LoadedModel) -> ForwardPass:
    return Explainer(tinynet).forward(load_sample("meadow"))


def test_the_bird_of_the_first_screen_is_weak_and_the_cat_is_not(meadow: ForwardPass) -> None:
    cams = likeliest_cams(meadow, "gradcam")
    strongest, likeliest = strongest_value(cams.values()), next(iter(cams))
    by_label = {one.prediction.label: one for one in cams.values()}
    assert "weak" in said(by_label["bird"], likeliest=likeliest, strongest=strongest)
    assert said(by_label["cat"], likeliest=likeliest, strongest=strongest) == (
        "It says cat (50 %). The evidence is on the left."
    )


def test_ten_maps_are_compared_and_fewer_where_they_are_large(tinynet: LoadedModel) -> None:
    image = load_sample("meadow")
    assert len(likeliest_cams(Explainer(tinynet).forward(image), "gradcam")) == 10
    early = Explainer(tinynet, tinynet.layers[0].name).forward(image)
    assert sum(one.values.nbytes for one in likeliest_cams(early, "gradcam").values()) <= 120_000


@pytest.mark.parametrize(
    ("shift", "beside"),
    [
        ((-0.5, -0.5), "15 pixels above and left of"),
        ((0.1, -0.5), "15 pixels above and 3 right of"),
        ((0.0, 0.02), "1 pixel below"),
    ],
)
def test_how_far_the_cells_look_from_their_squares_is_said(shift: tuple[float, float], beside: str) -> None:
    grid = replace(cam(one_hot(1, 1)), field=ReceptiveField(shift))  # a cell is 30 x 30 pixels
    network = replace(grid, geometry=replace(grid.geometry, shift=shift))
    assert cells_sentence(grid) == f"At layer4.1 each cell looks {beside} the square that it is drawn over."
    assert cells_sentence(network) == (
        f"At layer4.1 each cell looks {beside} the square that the grid suggests, and is drawn there."
    )


def test_of_cells_that_look_at_their_squares_or_nobody_knows_where_that_is_said() -> None:
    plain = cam(one_hot(1, 1))
    assert cells_sentence(plain) == "At layer4.1 each cell looks at the square that the grid suggests."
    assert cells_sentence(replace(plain, field=ReceptiveField(note="Nobody knows."))) == "Nobody knows."


def test_a_number_that_rounds_to_nothing_has_no_sign() -> None:
    assert [number(value, 2) for value in (-0.004, 0.004, -0.006)] == ["0.00", "0.00", "\N{MINUS SIGN}0.01"]
