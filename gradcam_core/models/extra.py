"""The libraries of networks that need not be installed; importing one takes seconds, so each is when it is needed."""

import importlib
import importlib.util
from typing import Any

from gradcam_core.errors import ModelError

INSTALL = "pip install -r requirements-extra.txt"


def is_installed(library: str) -> bool:
    """Whether it could be imported; it is not."""
    return importlib.util.find_spec(library) is not None


def need(library: str) -> Any:
    """The library itself, imported now if it was not.

    Raises:
        ModelError: if it is not installed, with the command that installs it.
    """
    check_installed(library)
    return importlib.import_module(library)


def check_installed(library: str) -> None:
    """Refuse a library that is not installed, with the command that installs it."""
    if not is_installed(library):
        raise ModelError(f"This model needs the package {library}, which is not installed.", hint=f"Run: {INSTALL}")
