"""The pages without a browser: Streamlit runs the real app.py against the real core."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.support import add_hostile, add_photo_network

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    add_hostile(folder)
    add_photo_network(folder)
    return folder


@pytest.fixture
def open_app(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Open the app at the address with these parameters; no torchvision weights are on this machine."""

    def open_at(*, checkpoints: Path = model_folder, **parameters: str) -> AppTest:
        monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(checkpoints))
        monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_at
