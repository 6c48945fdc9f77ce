"""What can be explained instead of one class, and how often is the network asked?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from gradcam_core.engine import Explainer
from gradcam_core.errors import MethodError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.trust.check import check_map

MakeImage = Callable[..., LoadedImage]


def test_a_target_is_a_class_weights_or_any_function_of_the_logits(tinynet: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(tinynet).forward(make_image())
    a, b = forward.cam(3).values, forward.cam(5).values
    vector = np.zeros(len(tinynet.labels))
    vector[[3, 5]] = 1, -2
    weighed = [forward.cam(target=target) for target in ({3: 1, 5: -2}, vector, lambda z: z[3] - 2 * z[5])]
    for cam in weighed:
        assert np.allclose(cam.values, a - 2 * b, atol=1e-5)
        assert cam.prediction.logit == pytest.approx(float(forward.logits[3] - 2 * forward.logits[5]), abs=1e-4)
    assert weighed[0].key.target == "{3: 1.0, 5: -2.0}"
    assert weighed[0].prediction.label == f"{tinynet.labels[3]} - 2 × {tinynet.labels[5]}"
    assert weighed[0].key.class_index == -1
    assert forward.cam(target={3: 1}).key == forward.cam(3).key


def test_a_class_asked_for_again_takes_no_further_backward_pass(
    tinynet: LoadedModel, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = Explainer(tinynet).forward(make_image(), layers=["blocks.3"])
    passes, real = list[object](), torch.autograd.grad

    def counted(*args: Any, **more: Any) -> Any:
        passes.append(args)
        return real(*args, **more)

    forward.cam(0)  # the first one measures where the cells look
    forward.cam(0, layer="blocks.3")
    monkeypatch.setattr(torch.autograd, "grad", counted)
    for class_index, layer in ((1, None), (2, None), (1, "blocks.3"), (1, None), (0, None)):
        forward.cam(class_index, layer=layer)
    assert len(passes) == 2


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({}, "weighs no class"),
        ({12: 1}, "none of the 12"),
        ({0: float("nan")}, "weighs no class, or one"),
        ([1.0, 2.0], r"the shape \(2,\), and the model 12 classes"),
        (lambda logits: logits, "no number that depends on the logits"),
        (lambda logits: logits.detach().sum(), "no number that depends on the logits"),
    ],
)
def test_a_target_that_is_none_is_refused(
    tinynet: LoadedModel, make_image: MakeImage, target: object, said: str
) -> None:
    with pytest.raises(MethodError, match=said):
        Explainer(tinynet).forward(make_image()).cam(target=target)  # type: ignore[arg-type]


def test_a_class_or_a_target_is_asked_for_and_only_a_class_is_judged(
    tinynet: LoadedModel, make_image: MakeImage
) -> None:
    forward = Explainer(tinynet).forward(make_image())
    with pytest.raises(MethodError, match="one class or one target"):
        forward.cam()
    with pytest.raises(MethodError, match="one class or one target"):
        forward.cam(1, target={1: 1})
    with pytest.raises(MethodError, match="Only a map of one class can be judged"):
        check_map(forward, forward.cam(target={1: 1, 2: -1}))
