"""The entrance: `streamlit run app.py` imports this file as a server, and runs it once more for each visit."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui import Admission, SecurityHeaders, prepare_process, run_app, tidying

if get_script_run_ctx(suppress_warning=True) is None:
    prepare_process()
    app = st.App(__file__, middleware=[Middleware(SecurityHeaders), Middleware(Admission)], lifespan=tidying)
else:
    run_app()
