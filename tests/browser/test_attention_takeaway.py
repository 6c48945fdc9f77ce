"""What is taken away of the page Attention is the map on its stage, in full precision."""

import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from gradcam_core.attention.passes import AttentionPass
from gradcam_core.cli.main import main
from gradcam_core.samples import load_sample
from tests.browser.axe import findings
from tests.browser.conftest import Visit, settle
from tests.browser.test_lost_messages import LossyServer
from tests.browser.viewer import download, open_menu, until

NewVisit = Callable[..., Visit]
ADDRESS = "/attention?model=tinyvit&block=2&head=3&token=c60"
pytestmark = pytest.mark.slow


def test_files_and_lines_are_of_the_map_on_the_stage(visit: NewVisit, attended: AttentionPass, tmp_path: Path) -> None:
    page = visit().open(ADDRESS)
    open_menu(page)
    name, data = download(page, "Raw map")
    assert name == "attention-block-2-head-3-row-4-column-13-map.npy"
    raw = np.load(io.BytesIO(data))
    assert np.array_equal(raw, attended.weights(1)[2, 1 + 60, 1:].reshape(16, 16))
    _, facts = download(page, "Facts")
    assert json.loads(facts)["of"] == {"cell": [3, 12]}
    _, overlay = download(page, "Overlay")
    with Image.open(io.BytesIO(overlay)) as picture:
        assert picture.size == load_sample("meadow").size
    page.locator(".hp .sheet .row", has_text="Copy the command").click()
    expect(page.locator(".hp .notice")).to_have_text("The command is copied.")
    command = shlex.split(page.evaluate("navigator.clipboard.readText()"))
    assert main([*command[3:-1], str(tmp_path)]) == 0
    for file_name, taken in (("map.npy", data), ("overlay.png", overlay), ("facts.json", facts)):
        assert (tmp_path / file_name).read_bytes() == taken
    assert findings(page) == []


def test_a_file_asked_for_between_fast_clicks_is_of_the_last_one_and_the_lines_follow(visit: NewVisit) -> None:
    page = visit().open(ADDRESS)
    open_menu(page)
    for head in (1, 2, 1, 3, 2):
        page.get_by_label("Head", exact=True).select_option(str(head))
    arrived: list[str] = []
    page.on("download", lambda file: arrived.append(file.suggested_filename))
    page.locator(".hp .sheet .row", has_text="Facts").click()
    page.locator(".hp .sheet .row", has_text="Raw map").click()
    expect(page.locator(".hp .notice")).to_contain_text("map.npy")
    until(page, lambda: len(arrived) == 2)
    assert [name.split("-row")[0] for name in arrived] == ["attention-block-2-head-2"] * 2
    expect(page.locator(".hp pre").first).to_contain_text("--head 2 ")
    page.locator(".hp .sheet .row", has_text="Copy a link").click()
    expect(page.locator(".hp .notice")).to_have_text("The link is copied.")
    assert "head=2" in page.evaluate("navigator.clipboard.readText()")
    page.locator(".hp .sheet .row", has_text="Copy the picture").click()
    expect(page.locator(".hp .notice")).to_have_text("The picture is copied.")


def test_a_file_comes_all_the_same_where_its_answer_is_lost(visit: NewVisit) -> None:
    tab = visit()
    server = LossyServer(tab.page, lambda head: head["what"] == "map", "heatproof_attention_files")
    page = tab.open(ADDRESS)
    open_menu(page)
    assert download(page, "Raw map")[0].endswith("map.npy")
    assert not server.is_losing


def test_on_a_phone_the_menu_is_a_sheet_and_features_are_taken_away_too(visit: NewVisit) -> None:
    page = visit(width=390).open("/attention?show=colours")
    settle(page)
    open_menu(page)
    box = page.locator(".hp .sheet").bounding_box()
    assert box is not None
    assert (round(box["x"]), round(box["width"])) == (0, 390)
    assert round(box["y"] + box["height"]) == 844
    name, data = download(page, "Raw map")
    assert name.startswith("colours-blocks-")
    assert np.load(io.BytesIO(data)).dtype == np.uint8
    assert findings(page) == []
