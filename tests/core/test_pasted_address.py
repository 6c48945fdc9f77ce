"""Addresses as people paste them: the very address inside is fetched, and text without one stays text."""

import base64
import time
from pathlib import Path

import pytest
from PIL import Image

from gradcam_core import HeatproofError, load_image
from gradcam_core.errors import ImageError
from gradcam_core.images import read_address, read_picture
from gradcam_core.pasted_address import address_in
from tests.core.loopback import Server, http
from tests.support import png

_URL = "https://img.test/a_(b).jpg?x=1&y=2"
_DATA = "data:image/png;base64,"


@pytest.mark.parametrize(
    "form",
    [
        *("{}", " {}\n", "<{}>", "({})", "[{}]", "{}.", "({}).", "{},", '"{}"', "“{}”.", "`{}`", "**{}**", "\u200b{}"),
        *("![alt]({})", "[text]({})", '![a]({} "its title")', "[a](<{}>)", "[![a]({})](https://other.test/)"),
        *('<img alt="x" src="{}">', "<a href='{}'>cat</a>", "<URL:{}>", "url('{}')", "URL: {}"),
        *(
            "A cat ({}).",
            "A cat\n{}",
            "„{}“",
            "\u201a{}\u2018",
            "\u2039{}\u203a",
            "「{}」",
            "\uff08{}\uff09",
            "{}\u3002",
            "https://{}",
        ),
        *("[img]{}[/img]", "[img=300x200]{}[/img]", "[url={}]cat[/url]", "[url]{}[/url]", "background: url('{}');"),
        '<a href="https://other.test/"><img alt="x" src="{}"></a>',
    ],
)
def test_what_stands_round_an_address_is_no_part_of_it(form: str) -> None:
    assert address_in(form.format(_URL)) == _URL
    assert address_in(form.format(_URL.replace("&", "&amp;"))) == _URL


def test_an_address_with_a_blank_is_not_cut_there() -> None:
    assert address_in("![cat](<https://img.test/my cat.jpg>)") == "https://img.test/my cat.jpg"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("img.test/a.jpg", "https://img.test/a.jpg"),
        ("www.img.test/a.jpg.", "https://www.img.test/a.jpg"),
        ("//img.test/a.jpg", "https://img.test/a.jpg"),
        ("https:/img.test/a", "https://img.test/a"),
        ("bücher.test/a", "https://bücher.test/a"),
        ("img.test:8080/a", "http://img.test:8080/a"),
        ("127.0.0.1/a", "http://127.0.0.1/a"),
        ("[::1]:80/a", "http://[::1]:80/a"),
        ("localhost/a", "http://localhost/a"),
    ],
)
def test_missing_scheme_is_put_before(typed: str, address: str) -> None:
    assert address_in(typed) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "<>", "just words", "and/or", "cat.jpg", "meadow/", "sample:x/y", "./a.b/c", "/a.b/c", "~/a.b/c"),
        *(
            "C:\\a.b\\c.png",
            "c:/a.b/c",
            "ftp://img.test/a",
            "file:///a.png",
            "someone@img.test/a",
            "javascript:alert(1)",
        ),
        *("https://img.test/my cat.jpg", "https://img.test/a https://img.test/b", "see img.test"),
    ],
)
def test_text_without_one_address_stays_as_it_is(text: str) -> None:
    assert address_in(text) == text


@pytest.mark.parametrize(
    "text", ["![" + "](" * 200_000, ")" * 10**6, "http://a.b/" + ")" * 10**6, "<a" + " src" * 10**6]
)
def test_text_made_to_be_read_for_ever_is_not(text: str) -> None:
    start = time.monotonic()
    assert address_in(text) == text
    assert time.monotonic() - start < 5


def _letters(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def picture() -> bytes:
    return png(Image.new("RGB", (6, 4), (10, 20, 30)))


@pytest.mark.parametrize(
    "form",
    [
        *("data:image/png;base64,{}", "DATA:;BASE64,{}", "data:image/jpeg;charset=x;base64,{}", "<data:;base64,{}>"),
        *("![a](data:image/png;base64,{})", '<img src="data:image/png;base64,{}">', "  data:;base64, {}\n"),
    ],
)
def test_address_that_is_the_picture_is_opened_without_a_network(
    picture: bytes, dialled: list[object], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_URLS", "off")
    for given in (_letters(picture), _letters(picture).rstrip("=")):
        file = read_address(form.format(given))
        assert (file.data, file.name, file.source) == (picture, "image.png", "")
        assert read_picture(form.format(given)) == file
    assert load_image(form.format(_letters(picture))).size == (6, 4)
    assert dialled == []


def test_picture_in_an_address_may_be_broken_into_lines_and_escaped(picture: bytes) -> None:
    letters = _letters(picture)
    lines = "\n".join(letters[place : place + 76] for place in range(0, len(letters), 76))
    escaped = letters.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    for given in (lines, escaped, letters.translate(str.maketrans("+/", "-_"))):
        assert read_address(_DATA + given).data == picture
    assert read_address("data:image/png," + "".join(f"%{byte:02x}" for byte in picture)).data == picture


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("data:image/png;base64", "is cut off"),
        ("data:image/png;base64,", "is cut off"),
        ("data:image/png;base64,AAAAA", "is damaged"),
        ("data:image/png;base64,ü!?=AAA", "is damaged"),
        ("data:text/plain,words", "This is a text file"),
        ("data:image/svg+xml,%3Csvg xmlns='x'/%3E", "SVG"),
        ("blob:https://img.test/6f1c", "only inside the page"),
        ("<blob:null/6f1c>", "only inside the page"),
    ],
)
def test_what_holds_no_picture_is_refused_in_a_sentence(address: str, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence) as refusal:
        load_image(address)
    assert refusal.value.hint


def test_picture_in_an_address_has_the_limit_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_MAX_FILE_BYTES", "1000")
    assert len(read_address(_DATA + _letters(bytes(1000))).data) == 1000
    for address in (_DATA + _letters(bytes(1001)), "data:," + "a" * 1001, _DATA + "A" * 10**6):
        with pytest.raises(ImageError, match="larger than"):
            read_address(address)


def test_address_without_a_scheme_is_fetched_where_there_is_no_such_file(
    server: Server, picture: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_PRIVATE", f"127.0.0.1:{server.port}")
    monkeypatch.chdir(tmp_path)
    server.answers["/cat.png"] = http(picture)
    named = f"127.0.0.1:{server.port}/cat.png"
    for given in (named, f"({named}).", f"![a](http://{named})", f"A cat: http://{named}."):
        assert read_picture(given) == read_address(given)
        assert read_picture(given).source == f"http://{named}"
    with pytest.raises(
        HeatproofError, match=f"There is no file {named}x, and as a web address: The server has nothing"
    ):
        read_picture(f"{named}x")


def test_file_comes_before_an_address_that_reads_the_same(
    picture: bytes, dialled: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "img.test").mkdir()
    (tmp_path / "img.test" / "cat.png").write_bytes(picture)
    assert read_picture("img.test/cat.png").data == picture
    with pytest.raises(ImageError, match=r"There is no file img\.test/dog\.png\."):
        read_picture("img.test/dog.png")
    assert dialled == []


@pytest.mark.parametrize("path", ["/home/me/cat.png", "C:\\Users\\me\\cat.png", "file:///home/me/cat.png", "~/cat.png"])
def test_file_of_a_visitors_computer_is_to_be_uploaded(path: str) -> None:
    with pytest.raises(ImageError, match="is not the address of a picture") as refusal:
        read_address(path)
    assert "upload it or drop it" in refusal.value.hint
