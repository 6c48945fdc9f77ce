"""Which version of the program is this, and where is it at home?"""

__version__ = "0.1.0"
HOME = "https://heatproof.example"  # a name that nobody can have (RFC 2606), until the project has a page of its own
