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
from torchvision import models
from torchvision.models import DenseNet121_Weights, SqueezeNet1_0_Weights, WeightsEnum

from gradcam_core.cli.main import main
from gradcam_core.config import torch_cache
from gradcam_core.errors import Cancelled, ModelError
from gradcam_core.models import download_model, find_model, load_model
from gradcam_core.models.pretrained import PRETRAINED
from gradcam_core.preprocessing import InputSpec

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


@pytest.mark.parametrize("name", PRETRAINED)
def test_table_names_torchvisions_weights_with_a_verifiable_file(name: str) -> None:
    pretrained, spec = PRETRAINED[name], find_model(name)
    assert re.fullmatch(r"https://download\.pytorch\.org/models/\w+-[0-9a-f]{8}\.pth", pretrained.url)
    assert len(pretrained.sha256_prefix) == 8
    assert pretrained.weights in set(models.get_model_weights(name))
    assert spec.num_classes == 1000
    assert spec.download_bytes == pytest.approx(4 * pretrained.weights.meta["num_params"], rel=0.03)


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


def test_a_limit_on_files_says_so_in_its_own_words(
    cache: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download_model(NAME)
    monkeypatch.setenv("HEATPROOF_MAX_CHECKPOINT_BYTES", "1000000")
    with pytest.raises(ModelError, match=r"at most 1\.0 MB are read"):
        load_model(NAME, device="cpu")
