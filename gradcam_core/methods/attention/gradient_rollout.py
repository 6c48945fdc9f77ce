"""Gradient rollout: attention rollout of what raises the class."""

from operator import attrgetter

import numpy as np

from gradcam_core.methods.base import CamMethod, Evidence, Family, Need, Phrase, Sign, one_forward


def _compute(evidence: Evidence) -> np.ndarray:
    from gradcam_core.attention.maps import gradient_rollout_map  # imports torch

    return gradient_rollout_map(evidence.attention, evidence.target)


METHOD = CamMethod(
    slug="gradient-rollout",
    title="Gradient rollout",
    sentence="Attention rollout of the attention that raises the class's score: each weight times its gradient.",
    paper="vit-explain, Gildenblat 2020",
    family=Family.ATTENTION,
    needs=frozenset({Need.ATTENTION}),
    sign=Sign.POSITIVE,
    phrase=Phrase("the relevance", "relevance: attention to these parts raised the score of the class", "relevance"),
    compute=_compute,
    unit="share of what is read",
    depends_on_layer=False,
    cost=one_forward,
    unfit_because=attrgetter("not_followed"),
)
