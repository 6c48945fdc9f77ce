"""`python -m gradcam_core.training`: train the embedded network anew."""

from gradcam_core.config import let_waiting_threads_sleep

if __name__ == "__main__":
    let_waiting_threads_sleep()
    from gradcam_core.training.fit import main  # brings torch

    main()
