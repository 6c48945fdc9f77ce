"""Scenes: a function of the seed, the same at any size, with masks that are exact."""

from collections import Counter

import numpy as np
import pytest

from gradcam_core.errors import ImageError
from gradcam_core.scenes import scene as scenes
from gradcam_core.scenes.grounds import GROUND_PAINTERS, LOWEST_HORIZON, Ground
from gradcam_core.scenes.scene import GROUNDS, THINGS, Scene, draw_scene
from gradcam_core.scenes.shapes import box, paint


@pytest.fixture(scope="module")
def many() -> list[Scene]:
    return [draw_scene(seed, size=64) for seed in range(100)]


def centroid(mask: np.ndarray) -> np.ndarray:
    """The middle of a mask as a share of the picture's side."""
    return np.asarray((np.argwhere(mask).mean(axis=0) + 0.5) / len(mask))


def test_same_seed_gives_the_same_pixels_and_masks() -> None:
    first, second = draw_scene(3), draw_scene(3)
    assert np.array_equal(first.pixels, second.pixels)
    assert [thing.label for thing in first.things] == [thing.label for thing in second.things]
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(first.things, second.things, strict=True))


def test_different_seeds_give_different_pictures() -> None:
    pictures = {draw_scene(seed, size=32, things=["cat"], ground="grass").pixels.tobytes() for seed in range(10)}
    assert len(pictures) == 10


@pytest.mark.parametrize("seed", range(8))
def test_another_size_is_the_same_composition(seed: int) -> None:
    small, large = draw_scene(seed, size=96), draw_scene(seed, size=288)
    assert (small.pixels.shape, large.pixels.shape) == ((96, 96, 3), (288, 288, 3))
    for one, other in zip(small.things, large.things, strict=True):
        assert one.label == other.label
        assert np.abs(centroid(one.mask) - centroid(other.mask)).max() < 0.005
        assert one.mask.mean() == pytest.approx(other.mask.mean(), rel=0.08)
    reduced = large.pixels.reshape(96, 3, 96, 3, 3).mean(axis=(1, 3))  # (288, 288, 3) → (96, 96, 3)
    assert np.abs(reduced - small.pixels).mean() < 2


def test_pixels_are_colours_of_eight_bits(many: list[Scene]) -> None:
    assert {scene.pixels.dtype for scene in many} == {np.dtype(np.uint8)}
    assert all(scene.pixels.std() > 10 for scene in many)


def test_no_pixel_belongs_to_two_things(many: list[Scene]) -> None:
    assert all(np.sum([thing.mask for thing in scene.things], axis=0).max() == 1 for scene in many)


def test_things_lie_inside_the_picture(many: list[Scene]) -> None:
    for mask in (thing.mask for scene in many for thing in scene.things):
        assert mask.sum() == mask[1:-1, 1:-1].sum()


def test_every_thing_is_mostly_visible_and_not_tiny(many: list[Scene]) -> None:
    things = [thing for scene in many for thing in scene.things]
    assert min(thing.visible for thing in things) > 0.75
    assert min(thing.mask.mean() for thing in things) > 0.012


def test_one_to_three_different_things_are_drawn(many: list[Scene]) -> None:
    assert {len(scene.things) for scene in many} == {1, 2, 3}
    assert all(len({thing.label for thing in scene.things}) == len(scene.things) for scene in many)


def test_every_thing_and_every_ground_occurs(many: list[Scene]) -> None:
    assert {thing.label for scene in many for thing in scene.things} == set(THINGS)
    assert {scene.ground for scene in many} == set(GROUNDS)
    assert len(THINGS) >= 10


def test_any_thing_stands_on_any_ground_with_equal_chance() -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for seed in range(6000):
        for_things, for_ground = np.random.default_rng(seed).spawn(2)
        things, ground = scenes._choose_things(for_things, None), scenes._choose_ground(for_ground, None)
        pairs.update((thing, ground) for thing in things)
    expected = pairs.total() / (len(THINGS) * len(GROUNDS))
    assert len(pairs) == len(THINGS) * len(GROUNDS)
    assert all(0.7 * expected < count < 1.35 * expected for count in pairs.values())


def test_things_and_ground_can_be_asked_for() -> None:
    scene = draw_scene(1, size=48, things=["dog", "cat"], ground="night")
    assert ({thing.label for thing in scene.things}, scene.ground, scene.seed) == ({"dog", "cat"}, "night", 1)
    assert [thing.label for thing in draw_scene(1, size=48, things="boat").things] == ["boat"]
    assert [len(draw_scene(1, size=48, things=count).things) for count in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.parametrize("seed", range(40))
def test_another_ground_changes_no_mask(seed: int) -> None:
    first, *others = (draw_scene(seed, size=64, ground=ground) for ground in GROUNDS)
    for other in others:
        assert not np.array_equal(other.pixels, first.pixels)
        for here, there in zip(first.things, other.things, strict=True):
            assert (here.label, here.visible) == (there.label, there.visible)
            assert np.array_equal(here.mask, there.mask)


@pytest.mark.parametrize("seed", range(4))
def test_another_ground_changes_no_colour_of_a_thing(seed: int) -> None:
    """Only along a rim, which it covers in part, does the ground shine through."""
    first, *others = (draw_scene(seed, size=256, things=1, ground=ground) for ground in GROUNDS)
    mask = first.things[0].mask
    assert all((other.pixels == first.pixels)[mask].mean() > 0.85 for other in others)


@pytest.mark.parametrize("seed", range(8))
def test_other_things_change_no_ground(seed: int) -> None:
    first, second = (draw_scene(seed, size=192, things=asked) for asked in ("balloon", ["fish", "butterfly"]))
    free = ~np.any([thing.mask for thing in (*first.things, *second.things)], axis=0)  # of these none casts a shadow
    assert first.ground == second.ground
    assert (first.pixels == second.pixels)[free].mean() > 0.95  # all but the rims


@pytest.mark.parametrize("place", [0, 1])
def test_another_thing_beside_it_changes_no_colour_of_a_thing(place: int) -> None:
    colors = []
    for other in ("boat", "tree"):
        labels = ["cat", other] if place == 0 else [other, "cat"]
        actors = scenes._arrange(np.random.default_rng(5), labels)
        colors.append([patch.color for actor in actors if actor.label == "cat" for patch in actor.drawing])
    assert colors[0] == colors[1]


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_ground_begins_above_the_lowest_horizon(ground: str) -> None:
    assert max(GROUND_PAINTERS[ground](np.random.default_rng(seed)).horizon for seed in range(50)) <= LOWEST_HORIZON


@pytest.mark.parametrize("label", sorted(set(THINGS) - scenes._FLOATING))
def test_what_stands_has_its_foot_below_the_lowest_horizon(label: str) -> None:
    feet = [np.argwhere(draw_scene(seed, size=64, things=label).things[0].mask)[:, 0].max() for seed in range(20)]
    assert min(feet) / 64 > LOWEST_HORIZON


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"things": ["unicorn"]}, "unicorn"),
        ({"things": 4}, "4 things"),
        ({"things": 0}, "0 things"),
        ({"ground": "lava"}, "lava"),
    ],
)
def test_what_can_not_be_drawn_is_refused(wanted: dict[str, list[str] | int | str], said: str) -> None:
    with pytest.raises(ImageError, match=said) as caught:
        draw_scene(0, **wanted)  # type: ignore[arg-type]
    assert caught.value.hint


def test_mask_is_the_thing_less_what_hides_it() -> None:
    stage = Ground(sky=((255, 255, 255), (255, 255, 255)), drawing=[], horizon=0.5)
    far = scenes._Actor("far", paint((200, 0, 0), box(0.25, 0.25, 0.5, 0.5)), depth=0.5, stands=False)
    near = scenes._Actor("near", paint((0, 0, 200), box(0.375, 0.25, 0.75, 0.5)), depth=0.5, stands=False)
    pixels, (behind, before) = scenes._paint(stage, [far, near], 64)
    expected = np.zeros((64, 64), dtype=bool)
    expected[16:32, 24:48] = True
    assert np.array_equal(before.mask, expected)
    expected[16:32, 24:48], expected[16:32, 16:24] = False, True
    assert np.array_equal(behind.mask, expected)
    assert behind.visible == pytest.approx(0.5, abs=0.03)
    assert before.visible == 1.0
    assert pixels[24, 20, 0] > pixels[24, 20, 2]  # the far one is red, the near one blue
    assert pixels[24, 36, 0] < pixels[24, 36, 2]
    assert (pixels[50:] == 255).all()


def test_what_stands_casts_a_shadow_that_is_not_in_its_mask() -> None:
    stage = Ground(sky=((255, 255, 255), (255, 255, 255)), drawing=[], horizon=0.5)
    square = paint((200, 0, 0), box(0.25, 0.25, 0.5, 0.5))
    pixels, (thing,) = scenes._paint(stage, [scenes._Actor("square", square, depth=0.5, stands=True)], 64)
    assert pixels[32, 24].max() < 200
    assert not thing.mask[32:].any()
