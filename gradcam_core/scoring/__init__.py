"""The scores of many inputs at once, for everything that changes images and asks again."""
