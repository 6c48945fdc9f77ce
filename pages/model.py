"""Model: what is inside the model, and which layer to explain?"""

import streamlit as st

from pages._ui import engine_awake, page, pick_image, pick_model, show_inspection

with page("model"):
    with st.sidebar:
        image = pick_image()
    with engine_awake(image):
        with st.sidebar:
            model = pick_model()
        show_inspection(model)
