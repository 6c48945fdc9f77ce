"""Where does a vision model look, and does the heatmap deserve to be believed?

The ten lines that matter: `load_image`, `load_model` (or `wrap_model` for a module of your own), `Explainer`,
`overlay_image`. Importing this package leaves torch unimported; a name is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradcam_core.version import __version__

if TYPE_CHECKING:
    from gradcam_core.cam import Cam as Cam
    from gradcam_core.cam import Prediction as Prediction
    from gradcam_core.cam import ResultKey as ResultKey
    from gradcam_core.engine import Explainer as Explainer
    from gradcam_core.engine import ForwardPass as ForwardPass
    from gradcam_core.errors import Cancelled as Cancelled
    from gradcam_core.errors import HeatproofError as HeatproofError
    from gradcam_core.errors import ImageError as ImageError
    from gradcam_core.errors import LayerError as LayerError
    from gradcam_core.errors import MethodError as MethodError
    from gradcam_core.errors import ModelError as ModelError
    from gradcam_core.errors import ResourceError as ResourceError
    from gradcam_core.export.formats import Explanation as Explanation
    from gradcam_core.export.formats import explanation_file as explanation_file
    from gradcam_core.geometry import InputGeometry as InputGeometry
    from gradcam_core.images import load_image as load_image
    from gradcam_core.loaded_image import LoadedImage as LoadedImage
    from gradcam_core.methods import METHODS as METHODS
    from gradcam_core.models import LoadedModel as LoadedModel
    from gradcam_core.models import ModelSpec as ModelSpec
    from gradcam_core.models import download_model as download_model
    from gradcam_core.models import list_models as list_models
    from gradcam_core.models import load_model as load_model
    from gradcam_core.models.cache import ModelCache as ModelCache
    from gradcam_core.models.declared import declare_model as declare_model
    from gradcam_core.models.wrapping import wrap_model as wrap_model
    from gradcam_core.preprocessing import InputSpec as InputSpec
    from gradcam_core.rendering.figures import panels_figure as panels_figure
    from gradcam_core.rendering.render import Look as Look
    from gradcam_core.rendering.render import heatmap_image as heatmap_image
    from gradcam_core.rendering.render import overlay_image as overlay_image
    from gradcam_core.resources.cores import share_cores as share_cores
    from gradcam_core.scenes.scene import draw_scene as draw_scene
    from gradcam_core.scoring.function import score_function as score_function
    from gradcam_core.scoring.protocol import ScoreFunction as ScoreFunction
    from gradcam_core.trust.check import check_map as check_map
    from gradcam_core.trust.check import sweep_of as sweep_of
    from gradcam_core.trust.judgement import Judgement as Judgement
    from gradcam_core.trust.judgement import judge as judge
    from gradcam_core.trust.provisional import provisional as provisional
    from gradcam_core.trust.rule import Verdict as Verdict
    from gradcam_core.trust.sweep import Sweep as Sweep
    from gradcam_core.trust.sweep import sweep as sweep

_HOMES = {
    "resources.cores": ("share_cores",),
    "engine": ("Explainer", "ForwardPass"),
    "errors": (
        "Cancelled",
        "HeatproofError",
        "ImageError",
        "LayerError",
        "MethodError",
        "ModelError",
        "ResourceError",
    ),
    "cam": ("Cam", "Prediction", "ResultKey"),
    "export.formats": ("Explanation", "explanation_file"),
    "rendering.figures": ("panels_figure",),
    "geometry": ("InputGeometry",),
    "loaded_image": ("LoadedImage",),
    "methods": ("METHODS",),
    "models": ("LoadedModel", "ModelSpec", "download_model", "list_models", "load_model"),
    "images": ("load_image",),
    "rendering.render": ("Look", "heatmap_image", "overlay_image"),
    "scenes.scene": ("draw_scene",),
    "models.cache": ("ModelCache",),
    "models.declared": ("declare_model",),
    "models.wrapping": ("wrap_model",),
    "preprocessing": ("InputSpec",),
    "scoring.function": ("score_function",),
    "scoring.protocol": ("ScoreFunction",),
    "trust.check": ("check_map", "sweep_of"),
    "trust.judgement": ("Judgement", "judge"),
    "trust.provisional": ("provisional",),
    "trust.rule": ("Verdict",),
    "trust.sweep": ("Sweep", "sweep"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME_OF), "__version__"]  # noqa: PLE0604 - the table above is the list


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
