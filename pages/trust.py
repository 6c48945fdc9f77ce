"""Trust: does this heatmap deserve belief?"""

from pages._ui import engine_ready, page, pick_image, pick_model, pick_question, show_trust

with page("trust"):
    image = pick_image()  # in the sidebar
    with engine_ready(image):
        model = pick_model()  # likewise
        show_trust(pick_question(image, model))
