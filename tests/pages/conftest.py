"""The pages without a browser: Streamlit runs the real app.py against the real core."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.session.question import Question
from tests.pages.questions import question_about

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def question() -> Question:
    """Of the transformer that comes along."""
    return question_about("tinyvit")


@pytest.fixture
def open_app(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Open the app at the address with these parameters; no torchvision weights are on this machine."""

    def open_at(*, checkpoints: Path = model_folder, **parameters: str) -> AppTest:
        monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(checkpoints))
        monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        monkeypatch.setattr("pages._ui.session.tray_return._PATIENCE", 0.0)  # there is no browser that might answer
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_at
