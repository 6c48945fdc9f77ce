"""The command line: `python -m gradcam_core`."""
