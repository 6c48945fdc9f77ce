"""LeGrad: which cells the class gains by, if attended to more, as the network is read off after each block."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from gradcam_core.methods.base import CamMethod, Evidence, Family, Need, Phrase, Sign, two_forwards

if TYPE_CHECKING:  # the pages list the methods before torch is imported
    from gradcam_core.attention.facts import AttentionFacts


def _compute(evidence: Evidence) -> np.ndarray:
    from gradcam_core.attention.legrad import legrad_map  # imports torch

    found = legrad_map(evidence.read_off, evidence.target)
    return found - found.min() if np.ptp(found) else found  # the paper scales from the least cell; a flat map stays so


def _remark(attention: AttentionFacts) -> str:
    left_out = attention.read_off_partly
    return left_out and f"LeGrad leaves out blocks of this network. {left_out}"


METHOD = CamMethod(
    slug="legrad",
    title="LeGrad",
    sentence="Where more attention would raise the score, read off after each block: the mean, above the least cell's.",
    paper="Bousselham et al. 2025, ICCV, section 3",
    family=Family.ATTENTION,
    needs=frozenset({Need.ATTENTION}),
    sign=Sign.POSITIVE,
    phrase=Phrase("the relevance", "relevance: more attention to these parts would raise the score", "relevance"),
    compute=_compute,
    unit="logits per weight",
    depends_on_layer=False,
    cost=two_forwards,
    unfit_because=attrgetter("not_read_off"),
    remark=_remark,
)
