"""The only part that opens the network: image URLs behind a guard, and weights from their makers."""

from gradcam_core.download.fetch import Resolver, fetch_image
from gradcam_core.download.weights import download_file

__all__ = ["Resolver", "download_file", "fetch_image"]
