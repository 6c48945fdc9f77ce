"""What is a measure about? One class of one image, and the network that is asked about changed copies of it."""

from dataclasses import dataclass

import numpy as np

from gradcam_core.metrics.log_odds import log_odds, probability
from gradcam_core.metrics.region import Region
from gradcam_core.scoring.protocol import ScoreFunction


@dataclass(frozen=True, eq=False)
class Subject:
    """One class of one image.

    Attributes:
        score: asks the network.
        picture: (3, h, w) float32, what the network saw, normalised.
        region: where the image lies in it; nothing else is hidden or counted.
        activation: softmax, sigmoid or binary.
    """

    score: ScoreFunction
    picture: np.ndarray
    region: Region
    class_index: int
    activation: str = "softmax"

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """(n,) float64, the class's probability in each of (n, 3, h, w)."""
        return probability(log_odds(self.score(pictures), self.class_index, self.activation))
