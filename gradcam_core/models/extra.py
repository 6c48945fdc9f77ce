"""The libraries of networks that need not be installed; importing one takes seconds, so each is when it is needed."""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradcam_core.errors import HeatproofError, ModelError
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.text import shortened

INSTALL = "pip install -r requirements-extra.txt"
_LONGEST_HINT = 200


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


@contextmanager
def library_errors(failure: str) -> Iterator[None]:
    """Within it, whatever a library raises becomes one sentence, `failure` and the kind of error, with its own words.

    Raises:
        ModelError: in its place; an error of ours and one for want of memory stay what they are.
    """
    try:
        yield
    except HeatproofError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        hint = f"It says: {shortened(str(error), _LONGEST_HINT)}" if str(error) else ""
        raise ModelError(f"{failure}: {type(error).__name__}.", hint=hint) from error
