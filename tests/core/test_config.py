"""The settings: defaults, what the environment changes, and what it may not say."""

from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from gradcam_core.cli.formatting import setting_text
from gradcam_core.config import Settings, settings, torch_cache
from gradcam_core.errors import HeatproofError

README = Path(__file__).resolve().parents[2] / "README.md"


def test_without_variables_every_setting_has_its_default() -> None:
    assert settings({}) == Settings()


def test_a_variable_changes_its_setting_and_keeps_its_kind() -> None:
    given = settings({"HEATPROOF_FETCH_URLS": "off", "HEATPROOF_KEPT_SIDE": "512", "HEATPROOF_CHECKPOINTS": "models"})
    assert (given.fetch_urls, given.kept_side, given.checkpoints) == (False, 512, Path("models"))


def test_an_empty_variable_counts_as_absent() -> None:
    assert settings({"HEATPROOF_KEPT_SIDE": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FETCH_URLS", "perhaps"),
        ("KEPT_SIDE", "large"),
        ("KEPT_SIDE", "-1"),
        ("KEPT_SIDE", "0"),
        ("FETCH_SECONDS", "nan"),
        ("MAX_MEGAPIXELS", "inf"),
        ("FETCH_SECONDS", "3601"),
        ("FETCH_SECONDS", "1e300"),
        ("KEPT_SIDE", "9" * 400),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(HeatproofError, match=f"HEATPROOF_{name} is '{text[:57]}"):
        settings({f"HEATPROOF_{name}": text})


def test_an_hour_is_the_longest_time() -> None:
    assert settings({"HEATPROOF_FETCH_SECONDS": "3600"}).fetch_seconds == 3600
    with pytest.raises(HeatproofError) as caught:
        settings({"HEATPROOF_FETCH_SECONDS": "3601"})
    assert "at most 3,600 seconds" in caught.value.hint


def test_the_home_of_nobody_is_an_ordinary_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings({"HEATPROOF_CHECKPOINTS": "~nobodyxx/a"}).checkpoints == Path("~nobodyxx/a")
    assert settings({"HEATPROOF_CHECKPOINTS": "~/a"}).checkpoints == Path.home() / "a"
    monkeypatch.setenv("TORCH_HOME", "~nobodyxx")
    assert torch_cache() == Path("~nobodyxx/hub/checkpoints")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_stands_in_the_readme_with_its_default_and_its_reason(setting: Field[Any]) -> None:
    reason, zero = setting.metadata["reason"], setting.metadata["zero"]
    default = "`checkpoints/` beside `app.py`" if setting.name == "checkpoints" else setting_text(setting.default)
    assert reason
    row = f"| `HEATPROOF_{setting.name.upper()}` | {default} | {reason}{f'; 0: {zero}' if zero else ''} |"
    assert row in README.read_text(encoding="utf-8").splitlines()


def test_zero_is_taken_only_where_it_has_a_meaning() -> None:
    assert settings({"HEATPROOF_SLOTS": "0"}).slots == 0
    assert settings({"HEATPROOF_SLOTS": "3"}).slots == 3
    with pytest.raises(HeatproofError, match="HEATPROOF_SLOTS is '-1'"):
        settings({"HEATPROOF_SLOTS": "-1"})


@pytest.mark.parametrize("text", [",", " , ", " "])
def test_a_list_that_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(HeatproofError, match="HEATPROOF_FETCH_HOSTS is"):
        settings({"HEATPROOF_FETCH_HOSTS": text})


@pytest.mark.parametrize(
    ("name", "hint"),
    [("HEATPROOF_FETCH_HOST", "HEATPROOF_FETCH_HOSTS"), ("HEATPROOF_XYZQQQQQQQQQQQ", "settings lists them")],
)
def test_a_mistyped_variable_is_refused_for_it_would_leave_a_door_open(name: str, hint: str) -> None:
    with pytest.raises(HeatproofError, match=f"no setting {name}") as refusal:
        settings({name: "example.org"})
    assert hint in refusal.value.hint
    assert settings({"OTHER_VARIABLE": "1"}) == Settings()


def test_names_with_commas_become_a_list() -> None:
    given = settings({"HEATPROOF_FETCH_HOSTS": " Example.org, ,images.test,example.org"})
    assert given.fetch_hosts == ("example.org", "images.test")


def test_torch_cache_follows_torch_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import torch

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"
