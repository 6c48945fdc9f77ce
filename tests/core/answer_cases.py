"""How a web server may answer, and what is to come of each; `url_cases` says what the outcomes mean."""

# ruff: noqa: RUF001  letters that look alike are the tricks themselves

from tests.core.endless_answers import FLOODS, reset, stays_open
from tests.core.loopback import PNG, Answer, chunks, http, moved
from tests.core.url_cases import LONG, NO_HOST, NO_SCHEME, NOBODY, ODD, UNREADABLE, USER, UrlCase, words

BROKEN = "The server broke off, or does not answer as a web server should."
HALF = "The server stopped half-way through the picture."
LARGE = "The picture is larger than 10 MB."
COMPRESSED = "The server sends the picture compressed, though it was asked not to."
NOTHING = "The server answers, but sends nothing."
PACKED = "Transfer-Encoding: chunked"
_ACCEPTED = "not a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF picture."

_LED_ASTRAY = {
    NOBODY: words("""
        http://127.0.0.1/ //127.0.0.1/ http://169.254.169.254/latest/meta-data/ http://[::1]/ //[::ffff:127.0.0.1]/
        http://localhost/ https://six.test/ http://public-and-private.test/ http://unknown.test/ http://img.test/
        http://１２７.０.０.１/ http://127。0。0。1/ http://127.0.0.1#@img.test/ HTTP://10.0.0.1 http://[2002:7f00:1::]/
    """),
    NO_SCHEME: words("""
        file:///etc/passwd data:image/png;base64,iVBORw0KGgo= ftp://img.test/a gopher://127.0.0.1:6379/_INFO
        javascript:alert(1) jar:http://img.test!/ about:blank
    """),
    USER: ["http://user:pw@img.test/", "//img.test@127.0.0.1/", "http://@127.0.0.1/"],
    UNREADABLE: words("""
        http://2130706433/ //127.1/ http://0x7f.1/ http://127%2e0%2e0%2e1/ http://[fe80::1%25lo]/ http://[::1
        //[::1/ //img.test:+80/
    """),
    ODD: [
        *("http:\\\\127.0.0.1/", "/\\127.0.0.1/", "\\\\127.0.0.1/", "http://127.0.0.1\\@img.test/", "/my picture"),
        *("ht\ttp://127.0.0.1/", "http://127.0.0.1\t/", "//127.0.0.1\x0b/", "/a\0b", "/\x01a"),
    ],
    "Port 6379 is not fetched from.": ["http://img.test:6379/", "//img.test:6379"],
    "Port 22 is not fetched from.": ["http://127.0.0.1:22/"],
    NO_HOST: ["https:", "https:///127.0.0.1/"],
    LONG: ["/" + "b" * 3_000],
    BROKEN: ["/" + "a" * 70_000],
}
_FOLLOWED = words("""
    b ./b /b x/../b //img.test:{port}/b http://img.test:{port}/b http://img.test:{port}/b#part http:b http:///b
    HTTP://IMG.TEST.:{port}/b /é /%C3%A9
""")
_BODIES = {
    "a web page (HTML)": [b"<!DOCTYPE html><html></html>", b'<html><meta http-equiv="refresh" content="0;url=/ok">'],
    "an SVG file": [b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    "a JSON file": [b'{"error": 1}'],
    "a ZIP file": [b"PK\x03\x04" + bytes(90)],
    "a GZIP file": [b"\x1f\x8b\x08" + bytes(90)],
    "an EPS file": [b"%!PS-Adobe-3.0"],
    "a PDF file": [b"%PDF-1.7"],
    "a PSD file": [b"8BPS" + bytes(90)],
    "a text file": [b"--frame\r\nContent-Type: image/jpeg\r\n\r\n", b" ", b"root:x:0:0:root:/root:/bin/sh\n"],
    "a file that begins with zeros alone": [bytes(90)],
    "a file of a kind that is not known here": [b"\x7fELF" + bytes(90), PNG[1:]],
}
_STATUSES = {
    "sends nothing": ["204 No Content"],
    "to everyone": ["401 Unauthorized", "403 Forbidden"],
    "nothing at this address": ["404 Not Found"],
    "any more": ["410 Gone"],
    "too often": ["429 Too Many Requests"],
    "an error": words("""
        101 201 203 205 206 300 304 305 306 400 402 405 406 407 408 418 421 451 500 502 503 504 599 999
    """),
}
_LENGTHS = {
    BROKEN: ["-1", "+2056", "2 056", "2_056", "0x808", "many", "2056, 2056", "2056\r\n 1", "1.5", "²", "9" * 5000],
    LARGE: ["10000001", str(10**10), "8" * 400],
}
_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = http(b"", PACKED, length=-1)
_R: dict[str, tuple[Answer, str]] = {
    "html called png": (http(b"<html></html>", "Content-Type: image/png"), "a web page (HTML), " + _ACCEPTED),
    "script in the type": (http(b"no", "Content-Type: <script>alert(1)</script>"), "a text file, " + _ACCEPTED),
    "empty": (http(b""), NOTHING),
    "empty without a length": (http(b"", length=-1), NOTHING),
    "empty in chunks": (http(chunks(), PACKED, length=-1), NOTHING),
    "refresh header": (http(b"", "Refresh: 0; url=/ok"), NOTHING),
    "location without a redirect": (http(b"", "Location: /ok"), NOTHING),
    "two lengths": (http(PNG, "Content-Length: 5"), BROKEN),
    "the same length twice": (http(PNG, f"Content-Length: {len(PNG)}"), BROKEN),
    "half the body": (http(PNG, length=2 * len(PNG)), HALF),
    "half a chunk": (_CHUNKED + b"ffff\r\n" + PNG, HALF),
    "no last chunk": (_CHUNKED + chunks(PNG, end=False), HALF),
    "chunks that are none": (_CHUNKED + PNG, HALF),
    "a first chunk of -1": (_CHUNKED + b"-1\r\n" + PNG, HALF),
    "a chunk of -5": (_CHUNKED + chunks(PNG, end=False) + b"-5\r\n" + PNG, BROKEN),
    "an extension of 1 MB": (_CHUNKED + b"808;" + b"x" * 1_000_000 + b"\r\n" + PNG, BROKEN),
    "a trailer of 1 MB": (_CHUNKED + chunks(PNG, end=False) + b"0\r\nX: " + b"y" * 1_000_000, BROKEN),
    "gzip, chunked": (http(chunks(PNG), "Transfer-Encoding: gzip, chunked", length=-1), _ACCEPTED),
    "no http": (b"SSH-2.0-OpenSSH_9.6\r\n", BROKEN),
    "http 0.9": (PNG, BROKEN),
    "http 2": (_HEAD.replace(b"1.1", b"2.0") + b"\r\n" + PNG, BROKEN),
    "shoutcast": (b"ICY 200 OK\r\n\r\n" + PNG, BROKEN),
    "status of letters": (b"HTTP/1.1 2OO OK\r\n\r\n" + PNG, BROKEN),
    "101 headers": (http(PNG, *["X: y"] * 101), BROKEN),
    "10,000 headers": (http(PNG, *["X: y"] * 10_000), BROKEN),
    "header of 1 MB": (http(PNG, "X: " + "y" * 1_000_000), BROKEN),
    "hangs up at once": (b"", BROKEN),
    "hangs up in the head": (_HEAD + b"X: y", NOTHING),
    "103 for ever": (b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 10_000, "an error (103)."),
    "moved nowhere": (http(b"", status="302 Found"), "but not where to."),
    "moved to two places": (http(b"", "Location: /ok", "Location: /ok", status="302 Found"), ODD),
    "moved to a loop": (moved("/a"), "The address leads on to others more than 5 times."),
    "moved to itself, no scheme": (moved("//img.test:{port}/a"), "The address leads on to others more than 5 times."),
    "moved to its own query": (moved("?b"), "The address leads on to others more than 5 times."),
    "moved to its own fragment": (moved("#b"), "The address leads on to others more than 5 times."),
}
_A: dict[str, Answer] = {
    "octet-stream": http(PNG, "Content-Type: application/octet-stream"),
    "called html": http(PNG, "Content-Type: text/html"),
    "identity": http(PNG, "Content-Encoding: Identity"),
    "no length": http(PNG, length=-1),
    "length with zeros": http(PNG, f"Content-Length: 000{len(PNG)}", length=-1),
    "more than promised": http(PNG + b"<html>", length=len(PNG)),
    "chunked": _CHUNKED + chunks(PNG[:100], PNG[100:]),
    "chunked and a length": http(chunks(PNG), PACKED, length=5),
    "chunks of one byte": _CHUNKED + chunks(*(PNG[i : i + 1] for i in range(len(PNG)))),
    "chunk extension and trailers": _CHUNKED + b"0808;a=b\r\n" + PNG + b"\r\n0\r\nX: y\r\nX: z\r\n\r\n",
    "100 first": b"HTTP/1.1 100 Continue\r\n\r\n" + http(PNG),
    "102 and 103 first": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(PNG),
    "http 1.0": b"HTTP/1.0 200 OK\r\n\r\n" + PNG,
    "plain line ends": _HEAD.replace(b"\r", b"") + b"X: y\n\n" + PNG,
    "90 headers": http(PNG, *["Set-Cookie: a=b"] * 90),
    "header of 60 kB": http(PNG, "X: " + "y" * 60_000),
    "bytes of no alphabet in the head": http(PNG, "X: \xff\x85\0"),
}


def _refused(name: str, answer: Answer, sentence: str, *, outcome: str = "R") -> UrlCase:
    return UrlCase(name, outcome, sentence=sentence, answers={"/a": answer, "/ok": http(PNG)})


def _location(text: str) -> str:
    """Non-ASCII text as it stands in a header: UTF-8, which is read as Latin-1."""
    return text.encode().decode("latin-1")


ANSWER_CASES = [
    *(
        _refused(f"moved to {to[:50]}", moved(_location(to)), sentence, outcome="H")
        for sentence, places in _LED_ASTRAY.items()
        for to in places
    ),
    *(
        _refused(f"{status} to loopback", moved("http://127.0.0.1/", status=status), NOBODY, outcome="H")
        for status in (301, 303, 307, 308)
    ),
    *(
        _refused(f"{k} {n}", http(b), f"{k}, {_ACCEPTED}")
        for k, bodies in _BODIES.items()
        for n, b in enumerate(bodies)
    ),
    *(
        _refused(f"status {said}", http(b"", "Location: /ok", status=said), f"{sentence} ({said[:3]}).")
        for sentence, statuses in _STATUSES.items()
        for said in statuses
    ),
    *(
        _refused(f"length {text[:20]}", http(PNG, f"Content-Length: {text}", length=-1), sentence)
        for sentence, lengths in _LENGTHS.items()
        for text in lengths
    ),
    *(
        _refused(f"encoding {text}", http(PNG, f"Content-Encoding: {text}"), COMPRESSED)
        for text in ("gzip", "br", "deflate", "x-gzip", "zstd", "identity, gzip", "gzip, gzip, gzip", "none")
    ),
    *(_refused(name, answer, sentence) for name, (answer, sentence) in _R.items()),
    *(_refused(name, answer, LARGE) for name, answer in FLOODS.items()),
    _refused("reset", reset, BROKEN),
    *(UrlCase(name, "A", answers={"/a": answer}) for name, answer in {**_A, "stays open": stays_open}.items()),
    *(
        UrlCase(f"moved, {to}", "A", answers={"/a": moved(_location(to)), "/b": http(PNG), "/%C3%A9": http(PNG)})
        for to in _FOLLOWED
    ),
    *(
        UrlCase(f"moved, {status}", "A", answers={"/a": moved("/b", status=status), "/b": http(PNG)})
        for status in (301, 303, 307, 308)
    ),
]
