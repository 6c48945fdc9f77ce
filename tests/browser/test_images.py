"""Bringing pictures as a person does: pasting, dropping, several at once, Back; and weights on their way."""

import base64
import hashlib
import io
import random
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from playwright.sync_api import Locator, Page, expect

from gradcam_core.encoding import to_png
from tests.browser.axe import findings
from tests.browser.conftest import Visit, at_rest, settle
from tests.browser.frame import open_section, unfold, until_still
from tests.core.loopback import Server, http, running
from tests.server import running_server

NewVisit = Callable[..., Visit]
NAME = "squeezenet1_0"
HAND_OVER = """([kind, files, text, target]) => {
  const data = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  if (text) data.setData("text/plain", text);
  const init = { bubbles: true, cancelable: true, composed: true };
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { ...init, clipboardData: data })
    : new DragEvent(kind, { ...init, dataTransfer: data });
  return !document.querySelector(target).dispatchEvent(event);
}"""
CHECKED = ":is(.st-key-sample, .st-key-tray) label:has(input:checked)"
CLICK_FAST = """([clicks, pause]) => new Promise((resolve) => {
  const next = () => {
    const [group, place] = clicks.shift();
    document.querySelectorAll(`.st-key-${group} [data-testid=stRadioOption]`)[place].click();
    clicks.length ? setTimeout(next, pause) : resolve();
  };
  next();
})"""


def noise(seed: int) -> bytes:
    return to_png(np.random.default_rng(seed).integers(0, 256, (90, 160, 3), dtype=np.uint8))


def hand_over(
    page: Page, kind: str, *files: tuple[str, bytes], text: str = "", target: str = ".stMain", mime: str = "image/png"
) -> bool:
    """Paste or drop as the browser itself would tell the page; whether the page took it upon itself."""
    told = [{"name": name, "type": mime, "base64": base64.b64encode(data).decode()} for name, data in files]
    return bool(page.evaluate(HAND_OVER, [kind, told, text, target]))


def cards(page: Page) -> Locator:
    return page.locator(".st-key-tray [data-testid=stRadioOption]")


def in_sidebar(page: Page) -> Locator:
    return page.locator(".stSidebar").get_by_test_id("stAlert")


def on_screen(page: Page, name: str, data: bytes) -> None:
    """Wait until the card of this name is marked and the address names this very file."""
    page.wait_for_url(f"**/*image=upload-{hashlib.sha256(data).hexdigest()[:12]}*")
    settle(page)
    expect(page.locator(".st-key-tray label:has(input:checked)")).to_have_text(name)


def test_a_picture_pasted_anywhere_is_opened(visit: NewVisit) -> None:
    page = visit().open()
    assert hand_over(page, "paste", ("image.png", noise(1)))
    on_screen(page, "image.png", noise(1))
    assert hand_over(page, "paste", ("image.png", noise(2)), target=".stSidebar")
    on_screen(page, "image.png (2)", noise(2))
    expect(cards(page)).to_have_count(2)


@pytest.mark.smoke
def test_files_dropped_anywhere_are_taken_and_the_page_stays(visit: NewVisit) -> None:
    page = visit().open()
    files = (("a.png", noise(1)), ("words.png", b"only words"), ("b.png", noise(2)))
    assert hand_over(page, "dragover", *files)
    expect(page.locator("html.is-dropping")).to_have_count(1)
    assert hand_over(page, "drop", *files)
    on_screen(page, "a.png", noise(1))
    expect(cards(page)).to_have_text(["a.png", "b.png"])
    expect(in_sidebar(page)).to_contain_text("words.png: This is")
    expect(page.locator("html.is-dropping")).to_have_count(0)


def test_a_pasted_address_is_asked_for_like_a_typed_one(visit: NewVisit) -> None:
    page = visit().open()
    assert hand_over(page, "paste", text="http://127.0.0.1/secret.png")
    expect(in_sidebar(page)).to_contain_text("No public web server")
    expect(page.locator(".st-key-sample label:has(input:checked)")).to_have_text("Meadow")


def test_pasting_other_text_or_into_a_field_is_left_to_the_browser(visit: NewVisit) -> None:
    page = visit().open()
    assert not hand_over(page, "paste", text="just words")
    page.get_by_role("radio", name="Link").click()
    field = ".st-key-url input"
    page.wait_for_selector(field)
    assert not hand_over(page, "paste", text="https://example.org/a.png", target=field)
    assert hand_over(page, "paste", ("image.png", noise(1)), target=field)
    on_screen(page, "image.png", noise(1))


def test_a_file_over_the_limit_is_refused_without_being_sent(visit: NewVisit) -> None:
    page = visit().open()
    assert hand_over(page, "paste", ("huge.png", bytes(10_000_001)))
    expect(in_sidebar(page)).to_contain_text("The file is larger than 10 MB.")


def test_files_that_there_is_no_room_for_are_counted(visit: NewVisit) -> None:
    page = visit().open()
    assert hand_over(page, "drop", *((f"{number}.png", noise(number)) for number in range(15)))
    on_screen(page, "0.png", noise(0))
    expect(in_sidebar(page)).to_have_text("There is room for 12 pictures and 16 MB: 3 were left out.")
    expect(cards(page)).to_have_count(12)


def test_the_upload_door_says_what_is_wrong_with_each_file(visit: NewVisit) -> None:
    page = visit().open()
    page.get_by_role("radio", name="Upload").click()
    files = {"huge.png": bytes(10_000_001), "words.txt": b"only words", "a.png": noise(1)}
    told = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files.items()]
    page.locator("input[type=file]").set_input_files(told)  # type: ignore[arg-type]
    on_screen(page, "a.png", noise(1))
    expect(in_sidebar(page).nth(0)).to_contain_text("words.txt: This is a text file")
    expect(in_sidebar(page).nth(1)).to_contain_text("huge.png: The file is larger than 10 MB.")
    expect(page.get_by_test_id("stFileUploaderFile")).to_have_count(0)
    assert hand_over(page, "drop", ("big.png", bytes(10_000_001)), target="[data-testid=stFileUploaderDropzone]")
    expect(in_sidebar(page)).to_have_text([re.compile("The file is larger than 10 MB")])
    expect(page.get_by_test_id("stFileUploaderFile")).to_have_count(0)
    limits = page.get_by_test_id("stFileUploaderDropzoneInstructions")
    is_whole = "one => !one.clientWidth || one.scrollWidth <= one.clientWidth + 1"
    assert limits.evaluate(f"e => [e, ...e.querySelectorAll('*')].every({is_whole})")


def test_several_uploads_empty_the_uploader_and_back_walks_over_them(visit: NewVisit) -> None:
    page = visit().open()
    page.get_by_role("radio", name="Upload").click()
    files = [{"name": f"{name}.png", "mimeType": "image/png", "buffer": noise(ord(name))} for name in "abc"]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    on_screen(page, "a.png", noise(ord("a")))
    expect(page.get_by_test_id("stFileUploaderFile")).to_have_count(0)
    for name in ("b.png", "c.png"):
        cards(page).filter(has_text=name).click()
        on_screen(page, name, noise(ord(name[0])))
    page.go_back()
    on_screen(page, "b.png", noise(ord("b")))
    page.go_back()
    on_screen(page, "a.png", noise(ord("a")))
    page.go_forward()
    on_screen(page, "b.png", noise(ord("b")))


@pytest.mark.parametrize(("pause", "seed"), [(0, 0), (0, 1), (30, 2), (150, 3)])
def test_of_clicks_that_come_fast_in_both_groups_the_last_one_counts(visit: NewVisit, pause: int, seed: int) -> None:
    page, tray = visit().open(), {"a.png": noise(1), "b.png": noise(2), "c.png": noise(3)}
    hand_over(page, "drop", *tray.items())
    on_screen(page, "a.png", noise(1))
    cards_of = {group: page.locator(f".st-key-{group} [data-testid=stRadioOption]") for group in ("sample", "tray")}
    clicks = clicks_of(random.Random(seed))
    page.evaluate(CLICK_FAST, [clicks, pause])
    group, place = clicks[-1]
    name = cards_of[group].nth(place).inner_text()
    expect(page.locator(CHECKED)).to_have_text([name])
    at_rest(page)
    expect(page.locator(CHECKED)).to_have_text([name])
    address = f"upload-{hashlib.sha256(tray[name]).hexdigest()[:12]}" if name in tray else name.lower()
    page.wait_for_url(f"**/*image={address}*")  # where the server's word was lost, the viewer puts it right soon after
    expect(page.locator(f'.hp .original [aria-label$="The image {name}"]')).to_have_count(1)


def test_a_picture_pasted_after_fast_clicks_stays(visit: NewVisit) -> None:
    page = visit().open()
    hand_over(page, "drop", ("a.png", noise(1)), ("b.png", noise(2)))
    on_screen(page, "a.png", noise(1))
    page.evaluate(CLICK_FAST, [[("sample", 3), ("tray", 1), ("sample", 4), ("tray", 0), ("tray", 1)], 20])
    hand_over(page, "paste", ("c.png", noise(3)))
    on_screen(page, "c.png", noise(3))
    at_rest(page)
    on_screen(page, "c.png", noise(3))


@pytest.mark.parametrize("pause", [10, 150])
def test_a_large_picture_that_is_pasted_before_fast_clicks_is_not_lost(visit: NewVisit, pause: int) -> None:
    page = visit().open()
    picture = to_png(np.random.default_rng(pause).integers(0, 256, (1100, 1500, 3), dtype=np.uint8))
    assert 4_900_000 < len(picture) < 10_000_000
    hand_over(page, "paste", ("large.png", picture))
    page.wait_for_timeout(pause)
    page.evaluate(CLICK_FAST, [[("sample", place) for place in (3, 1, 4, 2)], 20])
    expect(cards(page)).to_have_count(1, timeout=30_000)
    settle(page)
    expect(cards(page)).to_have_text("large.png")
    cards(page).click()
    on_screen(page, "large.png", picture)


def test_the_card_that_a_group_shows_as_chosen_can_be_clicked_before_the_answer_to_a_click_in_the_other(
    visit: NewVisit,
) -> None:
    page = visit().open()
    hand_over(page, "drop", ("a.png", noise(1)))
    on_screen(page, "a.png", noise(1))
    page.evaluate(CLICK_FAST, [[("sample", 4), ("tray", 0), ("sample", 4)], 0])
    page.wait_for_url("**/*image=night*")
    settle(page)
    expect(page.locator(CHECKED)).to_have_text(["Night"])


def clicks_of(chance: random.Random) -> list[tuple[str, int]]:
    """30 clicks on the first six samples but Meadow, whose address has no words, and the three cards of the tray."""
    cards = [("sample", place) for place in range(1, 6)] + [("tray", place) for place in range(3)]
    return [chance.choice(cards) for _ in range(30)]


def test_the_tray_is_walked_with_the_arrow_keys(visit: NewVisit) -> None:
    page = visit().open()
    hand_over(page, "drop", ("a.png", noise(1)), ("b.png", noise(2)))
    on_screen(page, "a.png", noise(1))
    page.locator(".st-key-tray input").first.focus()
    page.keyboard.press("ArrowRight")
    on_screen(page, "b.png", noise(2))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_axe_finds_nothing_at_any_door_nor_in_the_lists(visit: NewVisit, width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme).open("/?image=temple&model=vgg16")
    unfold(page)
    hand_over(page, "paste", ("image.png", noise(1)))
    on_screen(page, "image.png", noise(1))
    if width < 600:
        open_section(page, "image")
    for door in ("Upload", "Link", "Samples"):
        page.get_by_role("radio", name=door).click()
        settle(page)
        assert findings(page) == []
    for key in ("model_list", "method_list", "preprocessing_list", "place_list"):
        page.locator(f".st-key-{key} button").click()
        page.wait_for_selector("[data-testid=stPopoverBody]")
        until_still(page)
        assert findings(page) == []
        page.keyboard.press("Escape")
        page.wait_for_selector("[data-testid=stPopoverBody]", state="detached")
        if width < 600 and key == "model_list":
            page.keyboard.press("Escape")  # the sidebar lies over the rest
            expect(page.locator("[data-testid=stSidebar]")).to_have_attribute("data-collapsed", "true")


class SlowWeights:
    """SqueezeNet's weights on a server of ours that sends half of them and waits."""

    def __init__(self, web: Server) -> None:
        self.may_go_on = threading.Event()
        buffer = io.BytesIO()
        torch.manual_seed(0)
        torch.save(torchvision.models.squeezenet1_0(weights=None).state_dict(), buffer)
        data = buffer.getvalue()
        path = f"/{NAME}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
        self.url, whole = web.url(path), http(data)

        def answer(connection: object) -> None:
            half = len(whole) // 2
            connection.sendall(whole[:half])  # type: ignore[attr-defined]
            self.may_go_on.wait(60)
            connection.sendall(whole[half:])  # type: ignore[attr-defined]

        web.answers[path] = answer


@pytest.fixture
def weights() -> Iterator[SlowWeights]:
    with running() as web:
        yield SlowWeights(web)


@pytest.fixture
def lone_server(weights: SlowWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server without photo networks, in whose process torchvision's own record names our weights."""
    line = f"from torchvision.models import SqueezeNet1_0_Weights as w; w.IMAGENET1K_V1.value.url = {weights.url!r}"
    line = line.replace(".value.url = ", ".value.__dict__['url'] = ")
    (tmp_path / "sitecustomize.py").write_text(line, encoding="utf-8")
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_server(tmp_path / "checkpoints") as address:
        yield address


def test_a_download_has_bytes_a_bar_and_cancel_while_the_page_stays_usable(
    weights: SlowWeights, lone_server: str, visit: NewVisit
) -> None:
    page = visit(lone_server).open()
    page.locator(".st-key-model_list button").click()
    page.locator(".st-key-model [data-testid=stRadioOption]", has_text="SqueezeNet 1.0").click()
    download, progress = page.locator(".st-key-download_sidebar button"), page.locator(".st-key-progress_sidebar")
    download.click()
    expect(progress).to_contain_text("of 5.0 MB")
    expect(progress.get_by_role("progressbar")).to_be_visible()
    page.locator(".st-key-sample label", has_text="Night").click()
    page.wait_for_url("**/*image=night*")
    expect(progress).to_be_visible()
    expect(download).to_have_count(0)
    progress.get_by_role("button", name="Cancel").click()
    expect(progress).to_have_count(0)
    expect(page.locator(".stSidebar")).to_contain_text("The download of SqueezeNet 1.0 was cancelled.")
    expect(page.locator(".st-key-model_list button")).to_contain_text("TinyNet")
    download.click()
    expect(progress).to_be_visible()
    weights.may_go_on.set()
    expect(page.locator(".st-key-model_list button")).to_contain_text("SqueezeNet 1.0", timeout=30_000)
    expect(progress).to_have_count(0)
    settle(page)
    page.wait_for_url(f"**/*model={NAME}*")
    page.go_back()
    expect(page.locator(".st-key-model_list button")).to_contain_text("TinyNet")
    page.go_forward()
    expect(page.locator(".st-key-model_list button")).to_contain_text("SqueezeNet 1.0")
    settle(page)
    page.locator(".st-key-sample label", has_text="Temple").click()
    page.wait_for_url("**/*image=temple*")
    settle(page)
    expect(page.locator(".st-key-model_list button")).to_contain_text("SqueezeNet 1.0")
