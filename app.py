"""The entrance: `streamlit run app.py`. Which page was asked for, and the frame that all pages share."""

from pages._ui import run_app

run_app()
