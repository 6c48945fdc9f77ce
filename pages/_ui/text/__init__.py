"""The sentences on screen, and how an error becomes one."""
