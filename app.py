"""The entrance: `streamlit run app.py` imports this file as a server, and runs it once more for each visit."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui import Admission, SecurityHeaders, ViewerFiles, prepare_process, run_app, tidying

if get_script_run_ctx(suppress_warning=True) is None:
    prepare_process()
    layers = [Middleware(SecurityHeaders), Middleware(ViewerFiles), Middleware(Admission)]
    app = st.App(__file__, middleware=layers, lifespan=tidying)
else:
    run_app()
