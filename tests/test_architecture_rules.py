"""Does each house rule see a house that breaks it? Small trees of files, each wrong in one way."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.architecture import (
    Order,
    branches_on,
    environment_readers,
    importers,
    loaded_by,
    out_of_order,
    relative_imports,
    too_long,
    upward_imports,
)

House = Callable[..., Path]
ORDER: Order = {"core": [{"low"}, {"high", "parts"}], "core.parts": [{"a"}, {"b"}]}
SOUND = {
    "core/__init__.py": "",
    "core/low.py": "",
    "core/high.py": "from core import low",
    "core/parts/__init__.py": "from core.parts.b import B",
    "core/parts/a.py": "from core.low import thing",
    "core/parts/b.py": "from core.parts import a",
    "tests/test_low.py": "import core.high, requests, streamlit",
}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A folder with the sound files, and with those given by their place."""

    def build(files: Mapping[str, str] = MappingProxyType({})) -> Path:
        for place, text in {**SOUND, **files}.items():
            path = tmp_path / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return build


def test_a_sound_house_is_not_blamed(house: House) -> None:
    root = house()
    assert upward_imports(root, ORDER) == out_of_order(root, ORDER) == relative_imports(root) == []


@pytest.mark.parametrize(
    "text",
    [
        "import core.high",
        "import core.high as h",
        "from core import high",
        "from core.high import thing",
        "def f():\n    from core.high import thing",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.high import Thing",
        "from importlib import import_module\nimport_module('core.high')",
        "from core.parts import B",
        "from core.parts.a import A",
    ],
)
def test_an_import_that_goes_up_is_seen_in_every_form(house: House, text: str) -> None:
    (found,) = upward_imports(house({"core/low.py": text}), ORDER)
    assert found.startswith("core.low imports core.")
    assert found.endswith("which does not stand below it in core")


def test_an_import_of_a_neighbour_in_the_same_rank_is_seen(house: House) -> None:
    assert upward_imports(house({"core/high.py": "from core.parts.a import A"}), ORDER) != []


def test_an_import_that_goes_up_within_a_package_is_seen(house: House) -> None:
    (found,) = upward_imports(house({"core/parts/a.py": "from core.parts import b"}), ORDER)
    assert found == "core.parts.a imports core.parts.b, which does not stand below it in core.parts"


@pytest.mark.parametrize("text", ["import core", "from core import Thing"])
def test_an_import_of_the_own_package_from_within_is_seen(house: House, text: str) -> None:
    assert upward_imports(house({"core/high.py": text}), ORDER) == ["core.high imports core from within it"]


def test_a_module_without_a_rank_is_seen(house: House) -> None:
    assert upward_imports(house({"core/new.py": ""}), ORDER) == ["core.new: give new a rank in core"]


def test_an_excuse_covers_one_import_and_is_seen_when_it_is_idle(house: House) -> None:
    excused = [("core.low", "core.high")]
    root = house({"core/low.py": "import core.high"})
    assert upward_imports(root, ORDER, excused=excused) == out_of_order(root, ORDER, excused=excused) == []
    root = house({"core/low.py": ""})
    assert out_of_order(root, ORDER, excused=excused) == ["core.low does not import core.high: it needs no excuse"]


def test_an_order_that_names_what_is_gone_or_leaves_a_package_out_is_seen(house: House) -> None:
    root = house({"core/more/one.py": ""})
    order: Order = {"core": [{"low", "old"}, {"high", "parts", "more"}], "core.parts": [{"a"}, {"b"}]}
    assert out_of_order(root, order) == [
        "core has no old: take it out of the order",
        "core.more is a package without an order",
    ]


@pytest.mark.parametrize("text", ["from . import low", "from .low import thing", "def f():\n    from .. import low"])
def test_a_relative_import_is_seen(house: House, text: str) -> None:
    assert relative_imports(house({"core/high.py": text})) != []


@pytest.mark.parametrize(
    "text",
    [
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import urllib.request as r",
        "def f():\n    import urllib.request",
        "__import__('urllib.request')",
    ],
)
def test_an_import_of_a_library_is_seen_in_every_form(house: House, text: str) -> None:
    root = house({"core/high.py": text})
    assert importers(root, {"urllib.request"}, outside={"core.low"}) == ["core.high imports one of urllib.request"]
    assert importers(root, {"urllib.request"}, outside={"core.high"}) == []


def test_a_library_of_a_longer_name_is_another(house: House) -> None:
    assert (
        importers(
            house({"core/high.py": "import socketserver, urllib.parse"}), {"socket", "urllib.request"}, outside=()
        )
        == []
    )


@pytest.mark.parametrize("text", ["import os\nos.environ['A']", "from os import getenv", "import os\nos.getenv('A')"])
def test_a_reader_of_the_environment_is_seen(house: House, text: str) -> None:
    root = house({"core/high.py": text})
    assert environment_readers(root, outside={"core.low"}) == ["core.high reads the environment"]
    assert environment_readers(root, outside={"core.high"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "if model == 'resnet18': pass",
        "x = 1 if 'resnet18' != model.name else 2",
        "if model in ('vgg', 'resnet18'): pass",
        "match model:\n    case 'resnet18': pass",
        "if model.startswith('resnet'): pass",
        "if model.startswith(('vgg', 'resnet')): pass",
        "if 'resnet' in model: pass",
    ],
)
def test_a_question_for_a_name_is_seen_in_every_form(house: House, text: str) -> None:
    assert len(branches_on(house({"core/high.py": text}), {"resnet18"})) == 1


@pytest.mark.parametrize("text", ["OPTIONS = {'resnet18': 1}", "DEFAULT = 'resnet18'", "if model == 'resnet': pass"])
def test_a_name_in_a_registry_is_no_question(house: House, text: str) -> None:
    assert branches_on(house({"core/high.py": text}), {"resnet18"}) == []


def test_what_is_too_long_is_seen(house: House) -> None:
    root = house(
        {"core/high.py": "async def f():\n" + "    x = 1\n" * 9, "core/low.py": 'def f():\n    """A\n\n    B."""\n'}
    )
    assert too_long(root, lines=9, function_lines=9) == ["core.high has 10 lines", "core.high.f has 10 lines"]
    assert too_long(root, lines=10, function_lines=10) == []


def test_a_library_that_an_import_loads_is_seen(house: House) -> None:
    root = house({"torch.py": "", "core/low.py": "import torch"})
    assert loaded_by(root, "core.high", {"torch"}) == ["torch"]
    assert loaded_by(root, "core", {"torch"}) == []
