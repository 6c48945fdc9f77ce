"""The only code that knows both Streamlit and the core: the frame, the pickers and the panels of every page."""

from pages._ui.attention.attention_page import show_attention
from pages._ui.frame.own_picker import pick_own
from pages._ui.frame.page import page, run_app
from pages._ui.image.picker import pick_image
from pages._ui.model.how import pick_question
from pages._ui.model.inspection import show_inspection
from pages._ui.model.picker import pick_model
from pages._ui.result.for_chosen_class import pane_set, show_for_chosen_class
from pages._ui.result.result import show_explanation
from pages._ui.result.warmup import engine_ready
from pages._ui.server.admission import Admission
from pages._ui.server.headers import SecurityHeaders
from pages._ui.server.housekeeping import tidying
from pages._ui.server.start import prepare_process
from pages._ui.session.chosen import chosen_class
from pages._ui.trust.card import trust_card
from pages._ui.trust.trust_page import show_trust
from pages._ui.viewer import ViewerFiles
from pages._ui.viewer.panes import show_panes

__all__ = [
    "Admission",
    "SecurityHeaders",
    "ViewerFiles",
    "chosen_class",
    "engine_ready",
    "page",
    "pane_set",
    "pick_image",
    "pick_model",
    "pick_own",
    "pick_question",
    "prepare_process",
    "run_app",
    "show_attention",
    "show_explanation",
    "show_for_chosen_class",
    "show_inspection",
    "show_panes",
    "show_trust",
    "tidying",
    "trust_card",
]
