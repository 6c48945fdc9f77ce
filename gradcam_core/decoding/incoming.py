"""What is an image before it is opened?"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class IncomingFile:
    """A file that should be an image, unopened.

    Attributes:
        name: what to call it on screen.
        source: what `load_image` takes to open the same one; empty where nothing but its own name leads to it.
    """

    name: str
    data: bytes = field(repr=False)
    source: str = ""
