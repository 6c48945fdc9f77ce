"""Why does a layer give no map that can be explained? Sentences about shapes and calls; no network is needed."""

Shape = tuple[int, ...]


def reason_of_shape(shape: Shape | None) -> str:
    """Why an output of this shape is no map, or "" if it is one: (1, channels, side, side) with a side above 1."""
    if shape is None:
        return "Its output is not one tensor, so it has no map."
    if len(shape) == 4:
        return _reason_of_four(shape)
    if len(shape) <= 2:
        return f"Its output is flat ({shape_text(shape)}): it has no map."
    if len(shape) == 3:
        return f"Its output is a sequence of {shape[1]:,} vectors ({shape_text(shape)}): it has no map."
    return f"Its output has {len(shape)} dimensions ({shape_text(shape)}): it is no map."


def reason_of_calls(calls: int) -> str:
    """Why a layer that is called so many times in one forward pass, and more than once, has no map of its own."""
    return f"It is called {calls} times in one forward pass: no single map is its own."


def reason_of_absence(*, has_parts: bool, lends_weights: bool) -> str:
    """Why a layer that is never called has no map.

    Args:
        has_parts: whether layers that it holds are called.
        lends_weights: whether its own weights are computed with all the same.
    """
    if has_parts:
        return "It only holds its parts and is not called itself."
    if lends_weights:
        return "It is not called itself: the layer that holds it computes with its weights."
    return "It takes no part in the forward pass."


def reason_of_head() -> str:
    """Why a map in the head is not offered."""
    return "It is part of the classifier head."


def reason_of_channels_last(shape: Shape) -> str:
    """Why (1, side, side, channels) is no candidate."""
    return (
        f"Its output has the channels last ({shape_text(shape)}), and only maps with the channels first are explained."
    )


def shape_text(shape: Shape) -> str:
    """A shape as people read it: 1 x 1,000."""
    return " x ".join(f"{side:,}" for side in shape)


def _reason_of_four(shape: Shape) -> str:
    _, second, third, fourth = shape
    if third == fourth:
        return "" if third > 1 else f"Its output is one value per channel ({shape_text(shape)}): one cell is no map."
    if second == third:
        return reason_of_channels_last(shape)
    return f"Its output ({shape_text(shape)}) is no square map with the channels first."
