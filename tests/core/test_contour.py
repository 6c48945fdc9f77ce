"""Which pixels hold a share of the evidence, and what does the line round them look like?"""

import numpy as np
import pytest

from gradcam_core.rendering.contour import eroded, outlined, smallest_area

SHAPES = [(1, 1), (1, 9), (7, 5), (23, 31), (40, 3)]


def random_steps(shape: tuple[int, int], *, seed: int = 0) -> np.ndarray:
    """Few different steps, so that many are equal; some pixels unseen."""
    return np.random.default_rng(seed).integers(-1, 6, shape).astype(np.int16)


def blob(shape: tuple[int, int]) -> np.ndarray:
    """Evidence that falls off from the middle, as a map has it; the last two columns are unseen."""
    rows, columns = np.indices(shape)
    distance = np.hypot(rows - shape[0] / 2, columns - shape[1] / 3)
    steps = np.maximum(4080 - 90 * distance, 0).astype(np.int16)
    steps[:, -2:] = -1
    return np.asarray(steps)


def area_by_trial(steps: np.ndarray, share: float) -> set[tuple[int, int]]:
    """Every level tried from the top, the evidence of every pixel added."""
    seen = [int(step) for step in steps.ravel() if step >= 0]
    level = 1
    for tried in range(max(seen, default=0), 0, -1):
        if sum(step for step in seen if step >= tried) >= share * sum(seen):
            level = tried
            break
    return {(y, x) for (y, x), step in np.ndenumerate(steps) if step >= level}


def eroded_by_trial(inside: set[tuple[int, int]], radius: int) -> set[tuple[int, int]]:
    around = range(-radius, radius + 1)
    return {(y, x) for y, x in inside if all((y + down, x + right) in inside for down in around for right in around)}


def places(mask: np.ndarray) -> set[tuple[int, int]]:
    return {(int(y), int(x)) for y, x in np.argwhere(mask)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [1e-9, 0.1, 0.25, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_the_one_that_counting_finds(shape: tuple[int, int], share: float, seed: int) -> None:
    steps = random_steps(shape, seed=seed)
    assert places(smallest_area(steps, share)) == area_by_trial(steps, share)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_it_holds_the_share_and_with_one_step_less_would_not(share: float) -> None:
    steps = blob((60, 80))
    found, total = smallest_area(steps, share), steps[steps > 0].sum(dtype=int)
    level = steps[found].min()
    assert steps[found].sum(dtype=int) >= share * total > steps[steps > level].sum(dtype=int)


def test_the_whole_evidence_is_in_all_pixels_that_hold_any() -> None:
    steps = np.array([[0, 0, 0, 7, 1, -1]], dtype=np.int16)
    assert smallest_area(steps, 1.0).tolist() == [[False, False, False, True, True, False]]


def test_a_spot_on_an_empty_ground_is_outlined_alone_however_large_the_share() -> None:
    steps = np.zeros((40, 40), dtype=np.int16)
    steps[4:8, 4:8] = 4080
    assert places(smallest_area(steps, 0.5)) == {(y, x) for y in range(4, 8) for x in range(4, 8)}


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize("share", [0.01, 1.0])
def test_where_nothing_holds_evidence_nothing_is_outlined(value: int, share: float) -> None:
    picture = np.full((9, 9, 3), 77, dtype=np.uint8)
    assert (outlined(picture, np.full((9, 9), value, dtype=np.int16), share) == picture).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", [1, 2, 4])
def test_erosion_keeps_what_has_its_whole_square(shape: tuple[int, int], radius: int) -> None:
    mask = np.random.default_rng(1).random(shape) < 0.97
    assert places(eroded(mask, radius)) == eroded_by_trial(places(mask), radius)


@pytest.mark.parametrize(("shape", "width"), [((30, 40), 1), ((20, 479), 1), ((480, 20), 2), ((9, 800), 3)])
def test_the_line_is_white_then_dark_and_as_wide_as_the_image_is_large(shape: tuple[int, int], width: int) -> None:
    steps, picture = blob(shape), np.full((*shape, 3), 77, dtype=np.uint8)
    inside = area_by_trial(steps, 0.4)
    within, core = eroded_by_trial(inside, width), eroded_by_trial(inside, 2 * width)
    drawn = outlined(picture, steps, 0.4)
    assert places((drawn == 255).all(axis=2)) == inside - within
    assert places((drawn == 18).all(axis=2)) == within - core
    assert ((drawn == 77).all(axis=2) | (drawn == 255).all(axis=2) | (drawn == 18).all(axis=2)).all()


def test_the_picture_given_is_left_as_it_is() -> None:
    picture = np.full((30, 40, 3), 77, dtype=np.uint8)
    assert (outlined(picture, blob((30, 40)), 0.3) == 255).any()
    assert (picture == 77).all()
