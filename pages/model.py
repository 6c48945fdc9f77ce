"""Model: what is inside the model, and which layer to explain?"""

import streamlit as st

from pages._ui import engine_awake, page, pick_image, pick_layer, pick_method, pick_model, pick_preprocessing

with page("model"):
    with st.sidebar:
        picture = pick_image()
    with engine_awake(picture):
        with st.sidebar:
            model = pick_model()
            layer = pick_layer(model)
            method, preprocessing = pick_method(), pick_preprocessing()
        st.text_input("Find", key="find")
        st.text(f"{picture.name} {model.spec.name} {layer} {method} {preprocessing}")
