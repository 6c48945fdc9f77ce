"""Attention rollout: attention multiplied up from block to block, whatever the class."""

from operator import attrgetter

import numpy as np

from gradcam_core.methods.base import CamMethod, Evidence, Family, Need, Phrase, Sign, one_forward


def _compute(evidence: Evidence) -> np.ndarray:
    from gradcam_core.attention.maps import rollout_map  # imports torch

    return rollout_map(evidence.attention, evidence.target)


METHOD = CamMethod(
    slug="rollout",
    title="Attention rollout",
    sentence="Follows attention through all blocks. It is about no class: attention weights are not evidence for one.",
    paper="Abnar and Zuidema 2020, ACL, section 3",
    family=Family.ATTENTION,
    needs=frozenset({Need.ATTENTION}),
    sign=Sign.POSITIVE,
    phrase=Phrase("the attention", "attention: what the answer is read from took most from these parts", "attention"),
    compute=_compute,
    unit="share of what is read",
    depends_on_class=False,
    depends_on_layer=False,
    cost=one_forward,
    unfit_because=attrgetter("not_followed"),
)
