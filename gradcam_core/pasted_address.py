"""Which address is meant by what a person pasted? Markdown, brackets, quotes and a missing https:// are no part of it.

What is found is only tidied here; `download.addresses` judges it as strictly as one that was typed.
"""

import re

_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_LONGEST = 10_000  # characters; a longer one is refused anyway, unless it is the picture itself
_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a«»「」『』【】\uff08\uff09"  # no address begins or ends so
_BEFORE = re.compile(rf"(?:[<({{\"'`*{_QUOTES}\s]|\[(?![0-9a-f:.]+\]))+", re.IGNORECASE)  # but not that of [::1]
_AFTER = f".,;:!?…\"'`*>{_QUOTES}\u3001\u3002\uff01\uff0c\uff1f"  # what may follow an address and does not end one
_PAIRS = {")": "(", "]": "[", "}": "{"}
_AMPERSAND = re.compile(r"&(?:amp|#38|#x26);", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"<[a-z][^>]*?\b(?:src|href)\s*=\s*[\"']?\s*([^\"'\s>]+)", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?\s*([^\"'\s>]+)", re.IGNORECASE)  # in a link to somewhere else
_BBCODE = re.compile(r"\[(?:url=([^\]\s]+)|(?:img|url)[^\]]*\]([^\[\s]+))", re.IGNORECASE)
_STYLE_OR_MARKDOWN = re.compile(r"(?:(?:[a-z-]+:\s*)?url|!?\[[^\]]*\])\(\s*", re.IGNORECASE)
_BRACKET = re.compile(r"[()]")
_PREFIX = re.compile(r"(?:URL|src|href)\s*[:=]\s*(?=[\"'<]?(?:[a-z]+:|//))", re.IGNORECASE)  # RFC 3986, appendix C
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_WEB = re.compile(r"(?:https?:/*(?=https?:))?(https?):/*(?=[^/])", re.IGNORECASE)  # pasted behind a typed https://
_HOST = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|localhost|(?:\w[\w-]*\.)+\w[\w-]*)(?P<port>:\d+)?/", re.IGNORECASE)
_NUMBERED = re.compile(r"\[.*|localhost|[\d.]+", re.IGNORECASE)


def address_in(pasted: str) -> str:
    """The address alone, with its scheme; text in which there is none comes back as it is, without blanks round it."""
    text = pasted.strip().strip(_NO_WIDTH).strip()
    if _is_embedded(text):
        return text
    found = _without(_BEFORE, _without(_PREFIX, _without(_BEFORE, _inside(text))))
    if _is_embedded(found):
        return found.rstrip("\"'`>)]}")
    if len(found) > _LONGEST:
        return text
    return _with_scheme(_AMPERSAND.sub("&", _trimmed(_alone(found)))) or text


def is_web_address(text: str) -> bool:
    """Whether it begins as what can be fetched does."""
    return re.match(r"https?://", text, re.IGNORECASE) is not None


def _is_embedded(text: str) -> bool:
    return text[:5].lower() in ("data:", "blob:")


def _without(beginning: re.Pattern[str], text: str) -> str:
    match = beginning.match(text)
    return text[match.end() :] if match else text


def _inside(text: str) -> str:
    """What Markdown, HTML or a style sheet names; of a linked picture the picture."""
    if match := _linked_picture(text) or _ATTRIBUTE.match(text):
        return match[1]
    if match := _BBCODE.match(text):
        return match[1] or match[2]
    match = _STYLE_OR_MARKDOWN.match(text, 1 if text.startswith("[![") else 0)
    if match is None:
        return text
    inside = _up_to_its_bracket(text[match.end() :])
    return inside[1:].partition(">")[0] if inside.startswith("<") else inside.partition(" ")[0]


def _linked_picture(text: str) -> re.Match[str] | None:
    """The picture within a link in HTML; one that is embedded there may be longer, and is left alone."""
    match = _PICTURE.search(text[:_LONGEST]) if text[:2].lower() == "<a" else None
    return match if match and match.end() < _LONGEST else None


def _up_to_its_bracket(text: str) -> str:
    """The text before the bracket that closes one opened before it."""
    depth = 1
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] == "(" else -1
        if depth == 0:
            return text[: bracket.start()]
    return text


def _alone(text: str) -> str:
    """The only address in a sentence that does not begin with it."""
    found = [word for word in text.split() if "://" in word]
    return _without(_BEFORE, found[0]) if len(found) == 1 and "://" not in text.split(maxsplit=1)[0] else text


def _trimmed(text: str) -> str:
    """Without the marks that end a sentence, and without brackets that nothing in the address has opened."""
    while text:
        last = text[-1]
        is_left_open = last in _PAIRS and text.count(last) > text.count(_PAIRS[last])
        if last not in _AFTER and not is_left_open:
            break
        text = text[:-1]
    return text


def _with_scheme(text: str) -> str:
    """The address with a scheme; empty where it is none. A machine named by a number or a port rarely has https."""
    if match := _WEB.match(text):
        return f"{match[1]}://{text[match.end() :]}"
    if _OWN_SCHEME.match(text) and not _HOST.match(text):
        return ""
    bare = text.removeprefix("//")
    match = _HOST.match(bare)
    if match is None:
        return ""
    is_plain = match["port"] or _NUMBERED.fullmatch(match["host"])
    return f"{'http' if is_plain else 'https'}://{bare}"
