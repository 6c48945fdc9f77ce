"""Does a heatmap deserve belief? The evidence for and against it, and the verdict."""
