"""The only part that opens the network: image URLs behind a guard, and weights from their makers."""

from gradcam_core.download.fetch import fetch_image
from gradcam_core.download.policy import policy_from
from gradcam_core.download.rate_limit import Allowance
from gradcam_core.download.resolver import Resolver
from gradcam_core.download.weights import download_file

__all__ = ["Allowance", "Resolver", "download_file", "fetch_image", "policy_from"]
