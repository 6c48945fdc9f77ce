"""Compare, for tests alone: do two methods say the same? A page without a viewer, made as README says."""

from dataclasses import replace

from gradcam_core.methods import METHODS
from pages._ui import (
    engine_ready,
    page,
    pane_set,
    pick_image,
    pick_model,
    pick_own,
    pick_question,
    show_for_chosen_class,
    show_panes,
)

with page("compare"):
    image = pick_image()
    with engine_ready(image):
        model = pick_model()
        question = pick_question(image, model)
        second = pick_own("second", "Second method", {slug: one.title for slug, one in METHODS.items()}, "layercam")

        def draw(class_index: int) -> None:
            """The maps of one class by both methods."""
            label = model.labels[class_index]
            questions = (question, replace(question, method=second))
            sets = [pane_set(one, class_index, title=f"{METHODS[one.method].title}: {label}") for one in questions]
            show_panes(sets, key="compared")

        show_for_chosen_class(question, draw)
