"""How does a layer's output reach us without touching anybody else's forward pass?"""

import threading

import pytest
import torch
from torch import nn

from gradcam_core.hooks import attach, batching, recording, replacing


@pytest.fixture
def hooked(small_net: nn.Module) -> nn.Module:
    attach(small_net.requires_grad_(False), ["0", "2"])
    return small_net


def test_nothing_is_recorded_outside_a_recording(hooked: nn.Module) -> None:
    assert not hooked(torch.rand(1, 3, 8, 8)).requires_grad


def test_record_is_a_leaf_and_not_rewritten_by_an_in_place_relu(hooked: nn.Module) -> None:
    image = torch.rand(1, 3, 8, 8)
    with recording(["0"]) as record:
        hooked(image)
    assert record["0"] is not None
    assert record["0"].is_leaf
    assert torch.equal(record["0"], hooked.get_submodule("0")(image))
    assert record["0"].min() < 0


def test_gradient_at_the_layer_is_the_head_weight_where_relu_is_open() -> None:
    head = nn.Linear(4, 2)
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head
    ).requires_grad_(False)
    attach(module, ["0"])
    with recording(["0"]) as record:
        logits = module(torch.rand(1, 3, 6, 6))
    activation = record["0"]
    assert activation is not None
    (gradient,) = torch.autograd.grad(logits[0, 1], activation)
    assert torch.allclose(gradient, head.weight[1].view(1, 4, 1, 1) * (activation > 0) / 36)  # mean over 36 pixels


def test_of_two_layers_only_the_earlier_is_cut(hooked: nn.Module) -> None:
    with recording(["0", "2"]) as record:
        hooked(torch.rand(1, 3, 8, 8))
    assert record["0"] is not None
    assert record["2"] is not None
    assert (record["0"].is_leaf, record["2"].is_leaf) == (True, False)


def test_a_thread_never_writes_to_another_threads_record(hooked: nn.Module) -> None:
    with recording(["0"]) as record:
        other = threading.Thread(target=hooked, args=(torch.rand(1, 3, 8, 8),))
        other.start()
        other.join()
    assert record["0"] is None


def test_recording_ends_also_after_an_exception(hooked: nn.Module) -> None:
    def fail() -> None:
        with recording(["0"]):
            raise KeyError("inside")

    with pytest.raises(KeyError):
        fail()
    assert not hooked(torch.rand(1, 3, 8, 8)).requires_grad


def test_inner_recording_gives_the_outer_one_back(hooked: nn.Module) -> None:
    with recording(["0"]) as outer:
        with recording(["2"]) as inner:
            hooked(torch.rand(1, 3, 8, 8))
        assert outer["0"] is None
        hooked(torch.rand(1, 3, 8, 8))
    assert outer["0"] is not None
    assert list(inner) == ["2"]


def test_what_follows_a_replaced_layer_gets_the_replacement_for_as_many_images_as_it_holds(hooked: nn.Module) -> None:
    instead = torch.rand(3, 5, 8, 8)
    with replacing("2", instead):
        logits = hooked(torch.rand(1, 3, 8, 8))
    assert torch.equal(logits, hooked[3:](instead))  # type: ignore[index]


def test_a_layer_is_replaced_for_the_calling_thread_alone(hooked: nn.Module) -> None:
    image, elsewhere = torch.rand(1, 3, 8, 8), list[torch.Tensor]()
    expected = hooked(image)
    with replacing("2", torch.rand(1, 5, 8, 8)):
        other = threading.Thread(target=lambda: elsewhere.append(hooked(image)))
        other.start()
        other.join()
    assert torch.equal(elsewhere[0], expected)


def test_replacing_ends_also_after_an_exception(hooked: nn.Module) -> None:
    image = torch.rand(1, 3, 8, 8)
    expected = hooked(image)
    with pytest.raises(KeyError), replacing("2", torch.rand(1, 5, 8, 8)):
        raise KeyError("inside")
    assert torch.equal(hooked(image), expected)


def test_the_last_layer_gives_what_all_gave_and_none_depends_on_the_one_before() -> None:
    layers = [nn.Conv2d(3, 3, 3, padding=1) for _ in range(3)]
    module, image = nn.Sequential(*layers, nn.Flatten()), torch.rand(1, 3, 6, 6)
    attach(module, ["0", "1", "2"])
    with batching(["0", "1", "2"], ["0", "2"]) as called:
        outputs = module(image)
    assert called == ["0", "1", "2"]
    assert torch.allclose(outputs, torch.cat([layers[0](image), layers[2](layers[1](layers[0](image)))]).flatten(1))
    weights = [layer.weight for layer in layers]
    for row, own in enumerate((0, 2)):
        slopes = torch.autograd.grad(
            outputs[row].sum(), weights, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        assert [bool(slope.any()) for slope in slopes] == [layer == own for layer in range(3)]


def test_batching_is_for_the_calling_thread_alone_and_ends_after_an_exception(hooked: nn.Module) -> None:
    image, elsewhere = torch.rand(1, 3, 8, 8), list[torch.Tensor]()
    expected = hooked(image)
    with batching(["2"], ["2"]) as called:
        other = threading.Thread(target=lambda: elsewhere.append(hooked(image)))
        other.start()
        other.join()
    with pytest.raises(KeyError), batching(["0", "2"], ["0"]):
        raise KeyError("inside")
    assert called == []
    assert torch.equal(elsewhere[0], expected)
    assert torch.equal(hooked(image), expected)
