"""Explore: which pixels raised the score of one class?"""

from pages._ui import engine_ready, page, pick_image, pick_model, pick_question, show_explanation, trust_card

with page("explore"):
    picture = pick_image()  # in the sidebar
    with engine_ready(picture):
        model = pick_model()  # likewise
        question = pick_question(picture, model)  # the row above the panels: layer, method, preprocessing
        show_explanation(question, below=trust_card(question))
