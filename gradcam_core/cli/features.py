"""`features`: which cells of an image are alike to a network?"""

from argparse import Namespace
from collections.abc import Iterator

from gradcam_core.attention.views import FeatureView
from gradcam_core.cli.cells import cell_of, check_number
from gradcam_core.cli.look import look_of
from gradcam_core.cli.output_folder import output_folder
from gradcam_core.export.attention_formats import DrawnMap, ModelFacts, attention_json
from gradcam_core.export.attention_map import laid_map
from gradcam_core.export.bundle import write_attention
from gradcam_core.export.manifest import json_text
from gradcam_core.images import load_image
from gradcam_core.layers.place import get_place
from gradcam_core.models import load_model
from gradcam_core.preprocessing import get_preprocessing
from gradcam_core.progress import Progress
from gradcam_core.resources.cores import share_cores


def features(options: Namespace, _progress: Progress) -> Iterator[str]:
    """How alike the cells of a layer are to one of them, or all of them as colours."""
    preprocessing, place = get_preprocessing(options.preprocessing).slug, get_place(options.place).slug
    look, folder = look_of(options), output_folder(options.out)
    cell = None if options.of is None else cell_of("--of", options.of)
    share_cores()
    image, model = load_image(options.image), load_model(options.model, device=options.device)
    layer = model.layer() if options.layer is None else model.recorded_layer(options.layer)
    for name, at, count in zip(("row", "column"), cell or (), layer.layout.grid, strict=False):
        check_number(f"The {name} of --of", at, count, f"{layer.name} has {count} of them")
    laid = laid_map(model, image, FeatureView(layer.name, cell), preprocessing=preprocessing, place=place)
    drawn = DrawnMap(image, laid, ModelFacts.of(model), look)
    if folder:
        write_attention(folder, drawn)
    if options.json:
        yield from json_text(attention_json(drawn)).splitlines()
    else:
        written = f"Written to {folder}" if folder else "Add --out DIR to write the map."
        yield from [laid.sentence, *filter(None, [laid.cam.note if laid.colours is None else ""]), laid.caveat, written]
