"""What is said of a file that its decoder would not get through."""

from gradcam_core.errors import ImageError

SAVE_AGAIN = "Open it in a picture editor and save it again."


def too_large(megapixels: float, picture: str = "The picture") -> ImageError:
    """The refusal of a picture with more pixels than these."""
    hint = "Shrink it, for instance by half" + (", or save it as JPEG." if picture != "The picture" else ".")
    return ImageError(f"{picture} has more than {megapixels:g} megapixels.", hint=hint)


def refuse_over(most: int, number: int, kind: str, parts: str) -> None:
    if number > most:
        message = f"This {kind} has more than {most:,} {parts}, which takes too long to decode."
        raise ImageError(message, hint=SAVE_AGAIN)
