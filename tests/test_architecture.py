"""The house rules that a machine can hold; `test_architecture_rules.py` shows each of them a house that breaks it."""

from pathlib import Path

import pytest

from gradcam_core.methods import METHODS
from gradcam_core.models import list_models
from pages._ui.frame.registry import PAGES
from tests.architecture import (
    Order,
    branches_on,
    environment_readers,
    importers,
    loaded_by,
    out_of_order,
    relative_imports,
    too_long,
    upward_imports,
)

ROOT = Path(__file__).resolve().parent.parent

ORDER: Order = {  # a module imports only what stands in a rank above its own line here; a new one needs a place
    "gradcam_core": [
        {
            "encoding",
            "errors",
            "geometry",
            "hooks",
            "loaded_image",
            "pasted_address",
            "progress",
            "text",
            "tinynet",
            "version",
        },
        {"config", "layers", "scenes", "targets", "tinyvit"},
        {"cam", "resources"},
        {"decoding"},
        {"data_address", "download", "preprocessing"},
        {"checkpoints", "samples"},
        {"images", "models"},
        {"recording", "scoring"},
        {"metrics", "receptive_field"},
        {"attention", "training"},
        {"methods"},
        {"evidence", "sentences"},
        {"engine", "rendering"},
        {"comparison", "trust"},
        {"export"},
        {"cli"},
        {"__main__"},
    ],
    "gradcam_core.attention": [
        {"blocks", "features", "flow", "statistics", "uses"},
        {"recording", "sinks", "succession"},
        {"passes"},
        {"heads", "lens", "maps"},
        {"later", "legrad", "views"},
        {"facts", "places"},
    ],
    "gradcam_core.checkpoints": [
        {"fields", "formats", "head_parts", "libraries", "naming", "own_normalisation", "pickles"},
        {"containers", "folding", "fused", "inputs", "labels", "mismatch", "parts", "readings", "torchfiles"},
        {"beside", "renaming", "weights"},
        {"heads", "pairs"},
        {"fitting"},
    ],
    "gradcam_core.cli": [
        {"cells", "formatting", "look", "output_folder", "selfcheck"},
        {"attention_blocks", "attention_depth", "check_map", "features", "summary"},
        {"attention_report"},
        {"attention"},
        {"commands"},
        {"main"},
    ],
    "gradcam_core.decoding": [
        {
            "colours",
            "foreign",
            "incoming",
            "lab",
            "orientation",
            "refusals",
            "tiff_palette",
            "tiff_tags",
            "transparency",
        },
        {"avif", "camera_raw", "gif", "jpeg", "pillow", "png", "signatures", "tiff", "unread"},
        {"door", "grey_depth", "structure"},
        {"colour_depth", "frames"},
        {"pixels"},
        {"decode"},
    ],
    "gradcam_core.download": [
        {"addresses", "deadline", "rate_limit", "weights"},
        {"policy", "resolver", "responses"},
        {"transport", "way_out"},
        {"fetch"},
    ],
    "gradcam_core.export": [
        {"attention_words", "exchange", "manifest", "reproduce"},
        {"attention_map", "formats", "reproduce_attention"},
        {"attention_formats"},
        {"bundle"},
    ],
    "gradcam_core.layers": [{"copies", "layouts", "place", "reasons"}, {"calls"}, {"blocks", "numbers"}, {"finding"}],
    "gradcam_core.methods": [{"forms", "projection"}, {"base"}, {"attention", "library"}, {"gradient"}],
    "gradcam_core.methods.attention": [{"chefer", "gradient_rollout", "legrad", "rollout"}],
    "gradcam_core.methods.gradient": [
        {
            "eigencam",
            "eigengradcam",
            "gradcam",
            "gradcam_elementwise",
            "gradcam_plusplus",
            "hirescam",
            "layercam",
            "xgradcam",
        }
    ],
    "gradcam_core.metrics": [
        {"agreement", "heat", "log_odds", "measure", "region"},
        {
            "box_overlap",
            "energy_pointing_game",
            "fills",
            "laying",
            "placement",
            "pointing_game",
            "rank_accuracy",
            "removal",
            "similarity",
            "subject",
        },
        {"average_drop", "baselines", "deletion", "insertion", "parts", "symmetric_relevance_gain"},
        {"registry", "strongest"},
    ],
    "gradcam_core.models": [
        {
            "class_names",
            "extra",
            "first_layer",
            "folder_fields",
            "folder_model",
            "meta",
            "module_copy",
            "outputs",
            "published",
            "skeletons",
            "spec",
        },
        {"facts", "huggingface", "loaded", "operators_code", "summary", "timm_networks"},
        {"architectures", "options", "timm_inputs", "trial"},
        {"described", "input_specs", "pretrained", "timm_folder", "timm_hub"},
        {"embedded", "from_module", "library_folders"},
        {"declared", "folder"},
        {"registry"},
        {"inspection", "loading"},
        {"cache", "wrapping"},
    ],
    "gradcam_core.models.huggingface": [{"families"}, {"network", "processor"}, {"config"}],
    "gradcam_core.rendering": [
        {"colormaps", "contour", "feature_colours", "typesetting"},
        {"overlays"},
        {"render"},
        {"figures"},
    ],
    "gradcam_core.resources": [
        {"cores", "estimate", "limiter", "memory", "queue", "store"},
        {"job", "steps"},
        {"jobs"},
    ],
    "gradcam_core.scenes": [{"palette"}, {"shapes"}, {"animals", "grounds", "objects", "plants"}, {"scene"}],
    "gradcam_core.scoring": [{"activation_memory", "protocol"}, {"function"}],
    "gradcam_core.training": [{"fit"}, {"check", "tinyvit"}, {"command"}, {"__main__"}],
    "gradcam_core.trust": [
        {"conditions", "finding", "numbers", "randomisation", "sweep", "thing"},
        {"fall_map", "provisional", "rule"},
        {"league", "measured", "words"},
        {"judgement"},
        {"check"},
    ],
    "pages": [{"_ui"}, {entry.slug for entry in PAGES}],
    "pages._ui": [
        {"text"},
        {"session"},
        {"frame", "server", "viewer"},
        {"image", "model"},
        {"result"},
        {"attention", "trust"},
    ],
    "pages._ui.attention": [
        {"element", "near", "reading"},
        {"depth", "features", "outliers", "words"},
        {"parts", "views"},
        {"message"},
        {"class_maps", "depth_message", "take_away"},
        {"depth_element"},
        {"attention_page"},
    ],
    "pages._ui.frame": [{"registry", "secure"}, {"bar", "own_picker"}, {"page"}],
    "pages._ui.image": [{"cards", "intake"}, {"samples", "tray_cards"}, {"opening", "uploaders"}, {"picker"}],
    "pages._ui.model": [{"downloads", "how", "layer_table", "model_search"}, {"picker"}, {"inspection", "photo_hint"}],
    "pages._ui.result": [{"remedies", "warmup"}, {"view"}, {"export", "for_chosen_class"}, {"result"}],
    "pages._ui.server": [{"admission", "headers", "housekeeping", "start", "visitor"}],
    "pages._ui.session": [
        {"page_state", "question"},
        {"kept_trays"},
        {"shared"},
        {"jobs", "queue", "tray"},
        {"pixels", "tray_return"},
        {"results"},
        {"checks", "chosen"},
    ],
    "pages._ui.text": [{"choices", "messages", "progress", "sentences"}, {"incidents"}],
    "pages._ui.trust": [
        {"asked", "card_element", "film", "hiding", "known_truth", "row_table", "works"},
        {"cards", "curves", "destroyed", "league"},
        {"card", "tray_check"},
        {"trust_page"},
    ],
    "pages._ui.viewer": [{"look", "payload", "scripts"}, {"files"}, {"panes"}],
}
EXCUSED = {  # imports that go up, and why
    ("pages._ui.text.sentences", "pages._ui.session.question"),  # a type alone
}
NETWORK = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "socket", "torch.hub", "urllib.request", "urllib3"}
HEAVY = {"matplotlib", "torch", "torchvision"}
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_PAGE = 400, 50, 90


def test_imports_run_one_way_between_packages_and_within_them() -> None:
    assert upward_imports(ROOT, ORDER, excused=EXCUSED) == []


def test_the_order_names_every_package_and_nothing_else() -> None:
    assert out_of_order(ROOT, ORDER, excused=EXCUSED) == []


def test_no_import_is_relative() -> None:
    assert relative_imports(ROOT) == []


def test_only_pages_and_app_know_streamlit() -> None:
    assert importers(ROOT, {"streamlit"}, outside={"app", "pages"}) == []


def test_the_core_knows_no_page() -> None:
    assert importers(ROOT, {"app", "pages"}, outside={"app", "pages"}) == []


def test_the_cam_library_is_imported_in_methods_alone() -> None:
    assert importers(ROOT, {"pytorch_grad_cam"}, outside={"gradcam_core.methods"}) == []


def test_one_package_opens_the_network() -> None:
    assert importers(ROOT, NETWORK, outside={"gradcam_core.download"}) == []


def test_one_module_reads_the_environment() -> None:
    assert environment_readers(ROOT, outside={"gradcam_core.config"}) == []


def test_pages_import_neither_torch_nor_numpy_nor_pillow() -> None:
    outside = {"app", "gradcam_core", "pages._ui"}
    assert importers(ROOT, {*HEAVY, "numpy", "PIL"}, outside=outside) == []


@pytest.mark.parametrize("imported", ["gradcam_core", "pages._ui"])
def test_importing_the_core_or_the_frame_leaves_torch_unimported(imported: str) -> None:
    assert loaded_by(ROOT, imported, HEAVY) == []


def test_no_code_asks_for_the_name_of_a_model_or_method() -> None:
    assert branches_on(ROOT, {*METHODS, *(spec.name for spec in list_models())}) == []


def test_no_file_and_no_function_is_too_long() -> None:
    assert too_long(ROOT, lines=LONGEST_FILE, function_lines=LONGEST_FUNCTION) == []


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_a_page_is_thin(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_PAGE


def test_top_level_holds_only_what_it_may() -> None:
    allowed = {"app.py", "gradcam_core", "pages", "tests", "requirements.txt", ".streamlit"}
    allowed |= {
        "requirements-dev.txt",
        "requirements-bench.txt",
        "requirements-extra.txt",
        "README.md",
        "LICENSE",
        "pyproject.toml",
        ".gitignore",
        ".ci",
        ".git",
        "Dockerfile",
    }
    local = {
        ".venv",
        "venv",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        "__pycache__",
        "checkpoints",
    }
    assert {path.name for path in ROOT.iterdir()} - allowed - local == set()
