"""What is taken away is what is on screen: files, a link, a command and lines of Python, all of the last click."""

import io
import json
import os
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from gradcam_core.encoding import to_png
from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import Look, overlay_image
from gradcam_core.samples import load_sample
from tests.browser.conftest import Visit, settle
from tests.browser.frame import unfold
from tests.browser.test_viewer import set_range
from tests.browser.viewer import (
    canvas,
    cards,
    choose,
    download,
    open_look,
    open_menu,
    sentence,
    shown,
    until,
    until_agreed,
)
from tests.server import ROOT

NewVisit = Callable[..., Visit]


def test_every_file_is_of_the_class_and_the_look_on_screen(visit: NewVisit, tinynet: LoadedModel) -> None:
    page = visit().open()
    label = choose(page, 1)
    set_range(page, "Opacity", 80)
    set_range(page, "Hide weak evidence", 25)
    open_look(page)
    page.get_by_label("Contour", exact=True).select_option("10")
    page.get_by_label("Scale", exact=True).select_option("shared")
    image, index = load_sample("meadow"), int(shown(page).split()[1])
    forward = Explainer(tinynet).forward(image)
    cam = forward.cam(index)
    scale = max(forward.cam(one.class_index).maximum for one in forward.top(10))
    look = Look(opacity=0.8, threshold=0.25, scale=scale, contour=0.1)
    open_menu(page)
    name, overlay = download(page, "Overlay")
    assert name == f"{index}-{label}-overlay.png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(overlay))), overlay_image(image, cam, look))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(overlay))), canvas(page, "overlay"))
    assert np.array_equal(np.load(io.BytesIO(download(page, "Raw map")[1])), cam.values)
    told = json.loads(download(page, "Numbers")[1])
    assert told["explanations"][0]["class_index"] == index
    assert told["look"]["threshold"] == 0.25
    with Image.open(io.BytesIO(download(page, "Three panels")[1])) as panels:
        assert panels.width > 1000
    with zipfile.ZipFile(io.BytesIO(download(page, "Everything")[1])) as archive:
        assert archive.testzip() is None
        assert archive.read("overlay.png") == overlay
        assert {"cam.npy", "explanation.json", "panels.png", "reproduce.txt"} <= set(archive.namelist())


def test_the_command_and_the_lines_give_the_same_map(visit: NewVisit, tmp_path: Path) -> None:
    page = visit().open("/?image=night&method=hirescam&preprocessing=pad&opacity=70")
    choose(page, 1)
    open_menu(page)
    values = np.load(io.BytesIO(download(page, "Raw map")[1]))
    _, overlay = download(page, "Overlay")
    page.locator(".hp .sheet .row", has_text="Copy the command").click()
    expect(page.locator(".hp .notice")).to_have_text("The command is copied.")
    command = shlex.split(page.evaluate("navigator.clipboard.readText()"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *command[1:]], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "explanation" / "cam.npy"), values)
    assert (tmp_path / "explanation" / "overlay.png").read_bytes() == overlay
    python = page.locator(".hp pre").nth(1).inner_text()
    assert len(python.strip().splitlines()) <= 12
    subprocess.run([sys.executable, "-c", python], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "cam.npy"), values)
    with Image.open(tmp_path / "overlay.png") as again, Image.open(io.BytesIO(overlay)) as first:
        assert np.array_equal(np.asarray(again), np.asarray(first))


def test_the_code_follows_the_class_while_the_menu_is_open(visit: NewVisit) -> None:
    page = visit().open()
    open_menu(page)
    page.keyboard.press("2")
    index = shown(page).split()[1]
    expect(page.locator(".hp pre").first).to_contain_text(f"--class index:{index} ")


def test_a_copied_link_opens_the_same_view(visit: NewVisit) -> None:
    page = visit().open("/?image=bay")
    choose(page, 1)
    page.get_by_role("button", name="Overlay", exact=True).click()
    set_range(page, "Hide weak evidence", 40)
    open_menu(page)
    page.locator(".hp .sheet .row", has_text="Copy a link").click()
    expect(page.locator(".hp .notice")).to_have_text("The link is copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit().open(link.removeprefix(link.split("/?")[0]))
    assert shown(other) == shown(page)
    assert sentence(other) == sentence(page)
    assert np.array_equal(canvas(other, "overlay"), canvas(page, "overlay"))
    until_agreed(other)


def test_a_copied_picture_is_on_the_clipboard(visit: NewVisit) -> None:
    page = visit().open()
    open_menu(page)
    page.locator(".hp .sheet .row", has_text="Copy the picture").click()
    expect(page.locator(".hp .notice")).to_have_text("The picture is copied.", timeout=20_000)
    kinds = page.evaluate("navigator.clipboard.read().then(items => items.flatMap(item => item.types))")
    assert kinds == ["image/png"]


def test_an_upload_says_that_no_link_carries_it(visit: NewVisit) -> None:
    page = visit().open()
    page.get_by_role("radio", name="Upload").click()
    data = to_png(np.random.default_rng(5).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    page.locator("input[type=file]").set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": data})
    page.wait_for_url("**/*image=upload-*")
    settle(page)
    open_menu(page)
    expect(page.locator(".hp .sheet .small")).to_contain_text("A link can't carry your picture")
    assert "explain mine.png " in page.locator(".hp pre").first.inner_text()


def test_a_file_asked_for_between_fast_clicks_is_of_the_last_one(visit: NewVisit) -> None:
    page = visit().open()
    open_menu(page)
    for click in range(20):
        page.keyboard.press(str(1 + click % 5))
    index = cards(page).nth(4).get_attribute("data-index")
    name, _ = download(page, "Raw map")
    assert name.startswith(f"{index}-")
    until_agreed(page)


def test_two_files_asked_for_at_once_both_come(visit: NewVisit) -> None:
    page = visit().open()
    open_menu(page)
    arrived: list[str] = []
    page.on("download", lambda file: arrived.append(file.suggested_filename))
    page.locator(".hp .sheet .row", has_text="Everything").click()
    page.locator(".hp .sheet .row", has_text="Numbers").click()
    until(page, lambda: len(arrived) == 2)
    assert [name.rsplit("-", 1)[1] for name in arrived] == ["heatproof.zip", "explanation.json"]


def test_a_file_comes_although_another_act_follows_at_once(visit: NewVisit) -> None:
    page = visit().open("/?image=winter")
    unfold(page)
    open_menu(page)
    with page.expect_download(timeout=15_000):
        page.locator(".hp .sheet .row", has_text="Everything").click()
        page.wait_for_timeout(60)
        page.locator(".st-key-all_layers label").click()
    settle(page)
    expect(page.locator(".hp pre").first).to_contain_text("gradcam_core")
