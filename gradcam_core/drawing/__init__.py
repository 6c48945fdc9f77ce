"""The drawings of the sample scenes: outlines (`shapes`), what stands in a scene, and what it stands on."""
