"""Why does a layer give no map that can be explained? Sentences about shapes and calls; no network is needed."""

Shape = tuple[int, ...]


def reason_of_shape(shape: Shape | None) -> str:
    """Why an output of this shape, of which no layout makes a map, is none."""
    if shape is None:
        return "Its output is not one tensor, so it has no map."
    if len(shape) <= 2:
        return f"Its output is flat ({shape_text(shape)}): it has no map."
    if shape[0] != 1:
        return f"Its output is {shape[0]:,} pieces for one image ({shape_text(shape)}): no single map is its own."
    if len(shape) == 3:
        return (
            f"Its output is a sequence of {shape[1]:,} vectors ({shape_text(shape)}), and no grid of the image has as "
            "many cells: it has no map."
        )
    if len(shape) == 4:
        return _reason_of_four(shape)
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


def reason_of_handing_on() -> str:
    """Why what changes nothing is not a layer of its own."""
    return "It hands on its input unchanged: choose the layer before it."


def reason_of_independence(shape: Shape) -> str:
    """Why what does not depend on the image, such as a table of positions, explains nothing."""
    return f"Its output ({shape_text(shape)}) is the same for every image."


def reason_of_no_reach(prefix: int) -> str:
    """Why a layer whose cells the class does not depend on is not offered, where `prefix` tokens come before them."""
    if not prefix:
        return "Nothing of its output reaches the class."
    tokens = "the class token of its output is" if prefix == 1 else f"the first {prefix} tokens of its output are"
    return f"Only {tokens} read after it: the class does not depend on its cells."


def shape_text(shape: Shape) -> str:
    """A shape as people read it: 1 x 1,000."""
    return " x ".join(f"{side:,}" for side in shape)


def _reason_of_four(shape: Shape) -> str:
    if shape[2:] == (1, 1) or shape[1:3] == (1, 1):
        return f"Its output is one value per channel ({shape_text(shape)}): one cell is no map."
    return f"Its output ({shape_text(shape)}) is no grid of square cells over the image."
