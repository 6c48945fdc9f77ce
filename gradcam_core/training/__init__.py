"""Training the networks that come along: `python -m gradcam_core.training`."""
