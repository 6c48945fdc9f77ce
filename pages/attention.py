"""Attention: what does each patch look at?"""

from pages._ui import engine_ready, page, pick_image, pick_model, pick_question, show_attention

with page("attention"):
    image = pick_image()  # in the sidebar
    with engine_ready(image):
        model = pick_model()  # likewise
        show_attention(pick_question(image, model))
