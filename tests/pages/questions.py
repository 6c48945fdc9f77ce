"""What the pages are asked about in tests: a model and the first sample."""

from gradcam_core.samples import SAMPLES, load_sample
from pages._ui.session.question import ImageInfo, Question
from pages._ui.session.results import model_card


def meadow_info() -> ImageInfo:
    """The sample, as the pages name it."""
    image, sample = load_sample("meadow"), SAMPLES["meadow"]
    source = f"sample:{sample.slug}"
    return ImageInfo(image.sha256, image.size, image.original_size, sample.title, (), sample.slug, True, source)


def question_about(model_name: str) -> Question:
    """Grad-CAM of a model at its usual layer."""
    card = model_card(model_name)
    return Question(meadow_info(), card, card.default_layer, "gradcam", "trained")
