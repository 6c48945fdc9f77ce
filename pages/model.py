"""Model: what is inside the model, and which layer to explain?"""

from pages._ui import engine_ready, page, pick_image, pick_model, show_inspection

with page("model"):
    image = pick_image()  # in the sidebar
    with engine_ready(image):
        model = pick_model()  # likewise
        show_inspection(model)
