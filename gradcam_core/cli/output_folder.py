"""Into which folder does a command write? It is examined before the work."""

import os
from pathlib import Path

from gradcam_core.errors import HeatproofError


def output_folder(text: str | None) -> Path | None:
    """The folder of --out; None where it is not given.

    Raises:
        HeatproofError: if it names no folder, or goes through what is none.
    """
    if text is not None and not text.strip():
        raise HeatproofError("--out names no folder.", hint="Give it a name, such as --out explanation.")
    if text is None:
        return None
    folder = Path(text)
    there = next((path for path in (folder, *folder.parents) if os.path.exists(path)), None)
    if there is not None and not there.is_dir():
        raise HeatproofError(f"--out goes through {there}, which is no folder.", hint="Choose another folder.")
    return folder
