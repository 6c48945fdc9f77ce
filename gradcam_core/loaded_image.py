"""What is an image to the rest of the program? Upright RGB pixels, and what is known of the file they come from."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """A picture as the rest of the program sees it; `size` is (width, height), `pixels.shape` (height, width, 3).

    `pixels` are what is shown, and what coordinates count in. Where `file` is not empty, it holds more than they do: it
    is larger, or its colours were converted for the screen. What a model sees is then cut from the file.
    """

    pixels: np.ndarray = field(repr=False)  # uint8, read-only, upright, sRGB, long side at most `kept_side`
    original_size: tuple[int, int]  # (width, height) of the upright picture before it was shrunk
    sha256: str  # of the file's bytes
    notes: tuple[str, ...] = ()  # what was done to the picture, in sentences
    name: str = ""  # for display only, never a path
    file: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no picture, and keep the pixels from being changed under their key.

        Raises:
            ValueError: if `pixels` are not (height, width, 3) uint8.
        """
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError(f"Pixels are (height, width, 3) uint8, these are {self.pixels.shape} {self.pixels.dtype}.")
        if self.pixels.flags.writeable:
            own = self.pixels.copy()
            own.setflags(write=False)
            object.__setattr__(self, "pixels", own)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the kept picture."""
        return self.width, self.height

    @property
    def width(self) -> int:
        """In pixels of the kept picture."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels of the kept picture."""
        return int(self.pixels.shape[0])

    @property
    def nbytes(self) -> int:
        """Of its pixels and its file."""
        return self.pixels.nbytes + len(self.file)

    def to_pil(self) -> Image.Image:
        """A copy of the pixels as a Pillow image, mode RGB."""
        return Image.fromarray(self.pixels)
