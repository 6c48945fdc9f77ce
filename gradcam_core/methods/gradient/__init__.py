"""Methods that read what one forward pass recorded at a layer: its activation and gradient."""
