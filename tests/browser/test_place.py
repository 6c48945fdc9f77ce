"""Where the cells of a map are laid is chosen in the How row, and drawn as the core draws it."""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import heatmap_image
from gradcam_core.samples import load_sample
from gradcam_core.sentences import cells_sentence
from tests.browser.conftest import Visit
from tests.browser.frame import unfold
from tests.browser.viewer import canvas

LAYER = "blocks.4"


@pytest.mark.smoke
def test_cells_lie_where_the_network_looks_until_the_grid_is_chosen(
    visit: Callable[..., Visit], tinynet: LoadedModel
) -> None:
    page = visit().open(f"/?layer={LAYER}")
    image = load_sample("meadow")
    drawn = {}
    for place in ("network", "grid"):
        forward = Explainer(tinynet, LAYER).forward(image, place=place)
        cam = forward.cam(forward.top(1)[0].class_index)
        drawn[place] = heatmap_image(cam, image)
    assert not np.array_equal(drawn["network"], drawn["grid"])
    assert np.array_equal(canvas(page, "heatmap"), drawn["network"])
    unfold(page)
    page.locator(".st-key-place_list button").click()
    page.locator(".st-key-place [data-testid=stRadioOption]", has_text="grid suggests").first.click()
    page.wait_for_function("location.search.includes('place=grid')")
    expect(page.locator(".hp .notes")).to_contain_text(cells_sentence(cam))
    assert np.array_equal(canvas(page, "heatmap"), drawn["grid"])
