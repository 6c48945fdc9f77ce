"""How is the file or module that HEATPROOF_MODELS names imported, once, and what is said where that fails?"""

import importlib
import importlib.util
import os
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType

from gradcam_core.checkpoints.pairs import BadCheckpoint
from gradcam_core.models.module_copy import cause_of
from gradcam_core.text import shortened

_LONGEST_NAME = 80

_imported: dict[str, BadCheckpoint | None] = {}  # by the setting: what is wrong with it
_importing = threading.RLock()  # the file itself may ask for the list of models


def import_once(place: str) -> BadCheckpoint | None:
    """Import what the setting names, unless that was tried before; what is wrong with it, if it can't be."""
    with _importing:
        if place and place not in _imported:
            _imported[place] = None
            try:
                _import(place)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the operator's code raises is said
                _imported[place] = BadCheckpoint(shortened(place, _LONGEST_NAME), _why_not(place, error))
        return _imported.get(place)


def is_file(place: str) -> bool:
    """Whether the setting names a file, and not a module."""
    return place.endswith(".py") or "/" in place or os.sep in place


def file_of(place: str) -> Path:
    """The file that it names, by its whole path."""
    return Path(os.path.expanduser(place)).absolute()


def line_of(error: BaseException, file: str) -> str:
    """Where in this file it went wrong; "" where that can't be told."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" ({Path(file).name}, line {lines[-1]})" if lines else ""


def remedy_for(error: BaseException) -> str:
    """What to do about an error in the operator's code."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"Install it (pip install {error.name.partition('.')[0]}), and start the program anew."
    return "Mend it, and start the program anew."


def _import(place: str) -> ModuleType:
    if not is_file(place):
        return importlib.import_module(place)
    file = file_of(place)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # for what it imports beside itself; last, so that it hides nothing
    name = file.stem if file.stem not in sys.modules else f"heatproof_models_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _why_not(place: str, error: BaseException) -> str:
    if is_file(place) and not file_of(place).is_file():
        return "HEATPROOF_MODELS names it, and there is no such file."
    if isinstance(error, ModuleNotFoundError) and error.name == place.partition(".")[0]:
        return "HEATPROOF_MODELS names a module that can't be found. Name its file, such as models/mine.py."
    where = line_of(error, str(file_of(place)))
    return f"HEATPROOF_MODELS names it, and importing it failed: {cause_of(error)}{where}. {remedy_for(error)}"
