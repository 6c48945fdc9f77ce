"""Chefer's relevance: each block adds the attention that raises the class."""

from operator import attrgetter

import numpy as np

from gradcam_core.methods.base import CamMethod, Evidence, Family, Need, Phrase, Sign, one_forward


def _compute(evidence: Evidence) -> np.ndarray:
    from gradcam_core.attention.maps import chefer_map  # imports torch

    return chefer_map(evidence.attention, evidence.target)


METHOD = CamMethod(
    slug="chefer",
    title="Chefer relevance",
    sentence="Adds up, block by block, the attention that raises the class's score: each weight times its gradient.",
    paper="Chefer et al. 2021, ICCV, rules 5 and 6",
    family=Family.ATTENTION,
    needs=frozenset({Need.ATTENTION}),
    sign=Sign.POSITIVE,
    phrase=Phrase("the relevance", "relevance: attention to these parts raised the score of the class", "relevance"),
    compute=_compute,
    unit="relevance",
    depends_on_layer=False,
    cost=one_forward,
    unfit_because=attrgetter("not_followed"),
)
