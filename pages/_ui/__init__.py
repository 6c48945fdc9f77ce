"""The only code that knows both Streamlit and the core: the frame, the pickers and the panels of every page."""

from pages._ui.explanation import show_explanation
from pages._ui.frame import page, run_app
from pages._ui.gate import Gate
from pages._ui.headers import SecurityHeaders
from pages._ui.housekeeping import tidying
from pages._ui.image import pick_image
from pages._ui.model_picker import pick_model
from pages._ui.pickers import pick_layer, pick_method, pick_preprocessing
from pages._ui.question import Question
from pages._ui.start import stop_if_misconfigured
from pages._ui.waking import engine_awake

__all__ = [
    "Gate",
    "Question",
    "SecurityHeaders",
    "engine_awake",
    "page",
    "pick_image",
    "pick_layer",
    "pick_method",
    "pick_model",
    "pick_preprocessing",
    "run_app",
    "show_explanation",
    "stop_if_misconfigured",
    "tidying",
]
