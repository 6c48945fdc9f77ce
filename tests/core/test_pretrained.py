"""Do weights come from a real server into torch's cache, and from there through torchvision's own loader?"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models import DenseNet121_Weights, SqueezeNet1_0_Weights, WeightsEnum
from torchvision.models.vision_transformer import MLPBlock

from gradcam_core.cli.main import main
from gradcam_core.config import torch_cache
from gradcam_core.errors import Cancelled, ModelError
from gradcam_core.models import describe_model, download_model, find_model, list_models, load_model
from gradcam_core.models.pretrained import _renamed
from gradcam_core.models.published import PRETRAINED
from gradcam_core.models.registry import model_skeleton
from gradcam_core.preprocessing import InputSpec
from tests.support import mostly_slow

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
NAME = "squeezenet1_0"  # 5 MB


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody who hangs up is no news."""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def random_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state: dict[str, torch.Tensor] = models.squeezenet1_0(weights=None).state_dict()
    return state


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty torch cache."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A real HTTP server over the folder `web`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "web").mkdir()
    handler = partial(QuietHandler, directory=str(tmp_path / "web"))
    with QuietServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def made_file(
    state: dict[str, torch.Tensor], folder: Path, *, stem: str, save: Callable[..., None] = torch.save
) -> Path:
    """The weights in a file that is named by its own hash, as torch's are."""
    folder.mkdir(parents=True, exist_ok=True)
    save(state, folder / "made")
    digest = hashlib.sha256((folder / "made").read_bytes()).hexdigest()
    return (folder / "made").rename(folder / f"{stem}-{digest[:8]}.pth")


def calibrated(module: nn.Module, images: torch.Tensor) -> nn.Module:
    """With batch normalisation as these images have it: without, random weights let no image through."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None  # the mean of all batches, and there is one
    with torch.no_grad():
        module.train()(images)
    return module


def moved(weights: WeightsEnum, file: str, monkeypatch: pytest.MonkeyPatch, *, base: str) -> None:
    """Let torchvision's own record say that these weights lie elsewhere: all else runs as it is."""
    monkeypatch.setattr(weights.value, "url", f"{base}/{file}")


@pytest.fixture
def published(
    tmp_path: Path,
    server: ThreadingHTTPServer,
    random_weights: dict[str, torch.Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """SqueezeNet with random weights, on the server, where torchvision now looks for it."""
    file = made_file(random_weights, tmp_path / "web", stem=NAME)
    base = f"http://127.0.0.1:{server.server_port}"
    moved(SqueezeNet1_0_Weights.IMAGENET1K_V1, file.name, monkeypatch, base=base)
    return file


def test_every_classifier_of_torchvisions_is_there_under_its_own_name_with_its_default_weights() -> None:
    plain = {name: one for name, one in PRETRAINED.items() if name == one.architecture}
    assert sorted(plain) == models.list_models(module=models)
    assert [name for name, one in plain.items() if one.weights != models.get_model_weights(name).DEFAULT] == []
    assert [one.architecture for one in plain.values() if one.family == "Others"] == []


def test_every_other_set_of_weights_that_names_its_classes_is_there_too() -> None:
    listed = {one.weights for one in PRETRAINED.values()}
    published = [one for name in models.list_models(module=models) for one in models.get_model_weights(name)]
    assert [one for one in published if one not in listed] == [models.VGG16_Weights.IMAGENET1K_FEATURES]
    assert len(listed) == len(PRETRAINED)
    assert len({one.title for one in PRETRAINED.values()}) == len(PRETRAINED)
    spec = find_model("vit_b_16.imagenet1k_swag_e2e_v1")
    assert (spec.title, spec.family, spec.accuracy) == ("ViT-B/16 (SWAG E2E V1)", "Vision Transformer", 85.304)


def test_table_names_torchvisions_weights_with_a_verifiable_file() -> None:
    specs = {spec.name: spec for spec in list_models()}
    for name, pretrained in PRETRAINED.items():
        assert re.fullmatch(r"https://download\.pytorch\.org/models/[\w.-]+-[0-9a-f]{8,10}\.pth", pretrained.url)
        assert len(pretrained.sha256_prefix) >= 8
        assert pretrained.weights in set(models.get_model_weights(pretrained.architecture))
        assert specs[name].num_classes == 1000
        assert 1.9 < specs[name].download_bytes / pretrained.parameters < 8  # half precision; heads for training


@pytest.mark.parametrize(
    ("name", "weights"),
    [("resnet50", "IMAGENET1K_V2"), ("mobilenet_v2", "IMAGENET1K_V2"), ("vgg16", "IMAGENET1K_V1")],
)
def test_where_there_are_two_the_whole_and_better_weights_are_taken(name: str, weights: str) -> None:
    assert PRETRAINED[name].weights.name == weights


def test_cache_is_torchs_own(cache: Path) -> None:
    assert torch_cache() == cache == Path(torch.hub.get_dir()) / "checkpoints"


def test_download_then_load_through_torchvisions_loader(
    cache: Path, published: Path, server: ThreadingHTTPServer, random_weights: dict[str, torch.Tensor]
) -> None:
    assert not find_model(NAME).ready
    steps: list[tuple[int, int]] = []
    assert download_model(NAME, progress=lambda done, total: steps.append((done, total))).ready
    assert steps[-1] == (published.stat().st_size, published.stat().st_size)
    assert [path.name for path in cache.iterdir()] == [published.name]
    server.shutdown()  # nothing is fetched from here on
    model = load_model(NAME, device="cpu")
    assert torch.equal(model.module.get_parameter("classifier.1.weight"), random_weights["classifier.1.weight"])
    assert model.weights_sha256 == hashlib.sha256(published.read_bytes()).hexdigest()
    assert model.input_spec == InputSpec(256, 224, *IMAGENET, "bilinear")
    assert (model.labels[243], model.default_layer, model.activation) == ("bull mastiff", "features.12", "softmax")


def test_whole_file_is_not_downloaded_again(cache: Path, published: Path) -> None:
    download_model(NAME)
    published.unlink()  # a second request would be a 404
    assert download_model(NAME).ready


def test_model_that_is_not_downloaded_says_how(cache: Path) -> None:
    with pytest.raises(ModelError, match="The weights of ResNet-18 are not on this machine") as caught:
        load_model("resnet18", device="cpu")
    assert caught.value.hint == "Download it: python -m gradcam_core download resnet18"


@pytest.mark.parametrize("kept", [0, 1000, -1])
def test_damaged_file_is_refused_and_downloaded_again(cache: Path, published: Path, kept: int) -> None:
    download_model(NAME)
    damaged = cache / published.name
    damaged.write_bytes(published.read_bytes()[:kept])
    with pytest.raises(ModelError, match=f"{published.name} is damaged") as caught:
        load_model(NAME, device="cpu")
    assert caught.value.hint == f"Download it: python -m gradcam_core download {NAME}"
    download_model(NAME)
    assert damaged.read_bytes() == published.read_bytes()


def test_download_from_the_shell_repairs_what_is_damaged(
    cache: Path, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentences = [f"{NAME} is ready: SqueezeNet 1.0.\n", f"{NAME} is here already.\n"]
    for sentence in sentences:
        assert main(["download", NAME]) == 0
        assert capsys.readouterr().out == sentence
    (cache / published.name).write_bytes(b"damaged")
    for sentence in sentences:
        assert main(["download", NAME]) == 0
        assert capsys.readouterr().out == sentence
    assert (cache / published.name).read_bytes() == published.read_bytes()


def test_file_that_is_not_there_leaves_nothing_behind(cache: Path, published: Path) -> None:
    published.unlink()
    with pytest.raises(ModelError, match="404"):
        download_model(NAME)
    assert not find_model(NAME).ready
    assert list(cache.iterdir()) == []


def test_file_of_another_hash_leaves_nothing_behind(cache: Path, published: Path) -> None:
    published.write_bytes(b"something else")
    with pytest.raises(ModelError, match="SHA-256"):
        download_model(NAME)
    assert list(cache.iterdir()) == []


def test_cancelled_download_leaves_nothing_behind(cache: Path, published: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        download_model(NAME, progress=stop)
    assert list(cache.iterdir()) == []


def test_file_of_the_right_hash_with_other_weights_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made_file({"weight": torch.zeros(3)}, cache, stem=NAME)
    moved(SqueezeNet1_0_Weights.IMAGENET1K_V1, file.name, monkeypatch, base="https://example.invalid")
    with pytest.raises(ModelError, match="does not hold the weights of this network"):
        load_model(NAME, device="cpu")


def test_old_keys_of_densenet_are_renamed_by_torchvision(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    state = models.densenet121(weights=None).state_dict()
    kept = {key: value for key, value in state.items() if "num_batches_tracked" not in key}  # as old as the keys
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12]\.)", r"\1.\2", key): value for key, value in kept.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    file = made_file(old, cache, stem="densenet121")
    moved(DenseNet121_Weights.IMAGENET1K_V1, file.name, monkeypatch, base="https://example.invalid")
    model = load_model("densenet121", device="cpu")
    key = "features.denseblock4.denselayer16.conv2.weight"
    assert torch.equal(model.module.get_parameter(key), state[key])


def in_old_format(state: dict[str, torch.Tensor], file: Path) -> None:
    torch.save(state, file, _use_new_zipfile_serialization=False)


def by_python_2(state: dict[str, torch.Tensor], file: Path) -> None:
    """In the old format, with names as Python 2 wrote them: the letters of one byte each, and their number in one."""
    in_old_format(state, file)
    text = re.compile(rb"X([\x01-\x7f])\0\0\0([\w.]+)(?=q|r)", re.DOTALL)
    file.write_bytes(text.sub(lambda found: b"U" + found[1] + found[2], file.read_bytes()))


@pytest.mark.parametrize("save", [torch.save, in_old_format, by_python_2])
def test_every_format_in_which_torchvision_has_published_weights_is_read(
    save: Callable[..., None],
    cache: Path,
    random_weights: dict[str, torch.Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = made_file(random_weights, cache, stem=NAME, save=save)
    moved(SqueezeNet1_0_Weights.IMAGENET1K_V1, file.name, monkeypatch, base="https://example.invalid")
    model = load_model(NAME, device="cpu")
    assert torch.equal(model.module.get_parameter("classifier.1.weight"), random_weights["classifier.1.weight"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
@pytest.mark.filterwarnings("ignore:The default weight initialization")
def test_logits_are_those_of_the_network_as_torchvision_builds_it_with_these_weights(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretrained = PRETRAINED[name]
    torch.manual_seed(0)
    image = torch.rand(2, 3, pretrained.input_side, pretrained.input_side)
    file = made_file(calibrated(models.get_model(name, weights=None), image).state_dict(), cache, stem=name)
    moved(pretrained.weights, file.name, monkeypatch, base="https://example.invalid")
    with torch.no_grad():
        theirs = models.get_model(name, weights=pretrained.weights).eval()(image)
        ours = load_model(name, device="cpu").module(image)
    assert (theirs[0] - theirs[1]).abs().max() > 1e-3  # they depend on the image
    assert torch.equal(ours, theirs)


def test_old_names_in_a_transformer_become_those_that_torchvision_gives_them() -> None:
    block = nn.ModuleDict({"mlp": MLPBlock(4, 8, 0.0)})
    old = {"linear_1.weight": (8, 4), "linear_1.bias": (8,), "linear_2.weight": (4, 8), "linear_2.bias": (4,)}
    state = {f"layer.mlp.{key}": torch.rand(shape) for key, shape in old.items()}
    nn.ModuleDict({"layer": block}).load_state_dict(state)
    expected = {f"layer.{key}": value for key, value in block.state_dict().items()}
    renamed = {_renamed(key): value for key, value in state.items()}
    assert renamed.keys() == expected.keys()
    assert all(torch.equal(renamed[key], expected[key]) for key in renamed)


@pytest.mark.parametrize(
    "name",
    mostly_slow(
        ["googlenet", "swin_v2_t", "vit_b_16.imagenet1k_swag_e2e_v1", "resnext50_32x4d.imagenet1k_v1"], by_default=1
    ),
)
def test_the_network_of_a_set_of_weights_has_as_many_parameters_as_torchvision_states(name: str) -> None:
    spec = find_model(name)
    assert sum(one.numel() for one in model_skeleton(spec).parameters()) == spec.parameters


def test_what_is_too_large_names_the_settings_before_it_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {spec.name: spec.beyond_limits for spec in list_models() if spec.beyond_limits}
    kept_out = [name for name in PRETRAINED if name.startswith(("vit_h_14", "regnet_y_128gf"))]
    assert sorted(limits) == sorted(kept_out)
    assert len(limits) == 4
    with pytest.raises(ModelError, match=r"^ViT-H/14 is larger than what is loaded here\.$") as caught:
        download_model("vit_h_14")
    raised = "HEATPROOF_MAX_PARAMETERS to 640_000_000 and HEATPROOF_MAX_CHECKPOINT_BYTES to 2_600_000_000"
    assert caught.value.hint == f"Raise {raised}."
    assert limits["vit_h_14"].endswith(f": raise {raised}.")
    monkeypatch.setenv("HEATPROOF_MAX_PARAMETERS", "640_000_000")
    monkeypatch.setenv("HEATPROOF_MAX_CHECKPOINT_BYTES", "2_600_000_000")
    assert find_model("vit_h_14").beyond_limits == ""


def test_a_licence_of_the_weights_own_is_the_one_that_torchvision_names() -> None:
    swag = "https://github.com/facebookresearch/SWAG/blob/main/LICENSE"
    own = [spec.name for spec in list_models() if swag in describe_model(spec).licence]
    assert own == [name for name, one in PRETRAINED.items() if "SWAG" in one.weights.name]
    assert "for these it names none" in describe_model(find_model("vit_b_16")).licence


def test_a_limit_on_files_says_so_in_its_own_words(
    cache: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download_model(NAME)
    monkeypatch.setenv("HEATPROOF_MAX_CHECKPOINT_BYTES", "1000000")
    with pytest.raises(ModelError, match=r"SqueezeNet 1\.0 is larger than what is loaded here") as caught:
        load_model(NAME, device="cpu")
    assert caught.value.hint == "Raise HEATPROOF_MAX_CHECKPOINT_BYTES to 5_100_000."
