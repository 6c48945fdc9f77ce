"""Explore: which pixels raised the score of one class?"""

import streamlit as st

from pages._ui import (
    Question,
    engine_awake,
    page,
    pick_image,
    pick_layer,
    pick_method,
    pick_model,
    pick_preprocessing,
    show_explanation,
)

with page("explore"):
    with st.sidebar:
        picture = pick_image()
    with engine_awake(picture):
        with st.sidebar:
            model = pick_model()
            layer = pick_layer(model)
            method, preprocessing = pick_method(model, layer), pick_preprocessing()
        show_explanation(Question(picture, model, layer, method, preprocessing))
