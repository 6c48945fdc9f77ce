"""Does this heatmap deserve belief? The card below the panels, and the parts of the page Trust."""
