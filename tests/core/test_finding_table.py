"""The shipped table of how often each method finds the thing: whole, and of the network that is shipped."""

import math
from itertools import product

import pytest

from gradcam_core.models import LoadedModel
from gradcam_core.trust.finding import finding_table
from tests.benchmarks.make_finding_table import Asked, as_text, ask_scene, summed_up
from tests.support import methods_for


def test_the_table_has_every_method_at_every_layer_of_the_network_that_is_shipped(tinynet: LoadedModel) -> None:
    table = finding_table()
    assert table.weights_sha256 == tinynet.weights_sha256  # other weights need another table
    asked = [(row.layer, row.method) for row in table.rows]
    assert sorted(asked) == sorted(product([layer.name for layer in tinynet.layers], methods_for(tinynet)))


def test_its_numbers_are_shares_and_correlations() -> None:
    table = finding_table()
    assert 0 < table.chance < 1
    assert all(0 <= share <= 1 for row in table.rows for share in (row.usable, row.pointing, row.energy))
    assert all(-1 <= row.agreement <= 1 for row in table.rows)


def test_grad_cam_finds_the_thing_at_its_own_layer_and_seldom_at_an_early_one(tinynet: LoadedModel) -> None:
    found = {row.layer: row for row in finding_table().rows if row.method == "gradcam"}
    assert found[tinynet.default_layer].pointing > 0.9
    assert found["blocks.0"].pointing < 0.5


@pytest.mark.slow
def test_the_table_is_what_its_script_counts(tinynet: LoadedModel) -> None:
    asked = ask_scene(630_000)
    assert len(asked) == len(finding_table().rows)
    own = next(each for each in asked if (each.layer, each.method) == (tinynet.default_layer, "gradcam"))
    assert own.agreement > 0.4
    assert own.energy > own.area


def test_unusable_maps_count_for_nothing_but_being_unusable() -> None:
    maps = [
        Asked("blocks.0", "gradcam", 1.0, 0.5, 0.2, 0.1),
        Asked("blocks.0", "gradcam", math.nan, math.nan, math.nan, 0.3),
    ]
    (row,) = summed_up(maps, scenes=2).rows
    assert (row.usable, row.pointing, row.energy, row.agreement) == (0.5, 1.0, 0.5, 0.2)
    assert '"chance": 0.2' in as_text(summed_up(maps, scenes=2))
