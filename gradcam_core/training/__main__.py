"""`python -m gradcam_core.training`: train the embedded network anew."""

from gradcam_core.training.fit import main

if __name__ == "__main__":
    main()
