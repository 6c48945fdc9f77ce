"""The exception tree: everything a user can cause is a HeatproofError.

    HeatproofError
    ├── ImageError      a picture, its file or its URL can't be used
    ├── ModelError      a model is unknown, its weights are missing or do not fit
    ├── LayerError      a layer does not exist or gives no spatial map
    ├── MethodError     a method is unknown or can't explain this class or layer
    └── ResourceError   memory, disk or a limit of the machine
        └── Cancelled   the person asked to stop

A programmer's mistake is a ValueError or a TypeError and stays loud.
"""


class HeatproofError(Exception):
    """One sentence that says what is wrong, and a hint that says what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ImageError(HeatproofError):
    """A picture, its file or its URL can't be used."""


class ModelError(HeatproofError):
    """A model is unknown, or its weights are missing or do not fit."""


class LayerError(HeatproofError):
    """A layer does not exist, or it gives no spatial map."""


class MethodError(HeatproofError):
    """A method is unknown, or it can't explain this class or layer."""


class ResourceError(HeatproofError):
    """Memory, disk or another limit of the machine."""


class Cancelled(ResourceError):
    """The person asked to stop; raised by a progress callback, passed through by whoever calls it."""
