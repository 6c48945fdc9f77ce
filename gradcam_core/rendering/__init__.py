"""Values to pictures: heatmap, overlay, contour, and the figure of three panels."""
