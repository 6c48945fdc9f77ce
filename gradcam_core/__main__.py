"""`python -m gradcam_core`: the program from a shell."""

import sys

from gradcam_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
