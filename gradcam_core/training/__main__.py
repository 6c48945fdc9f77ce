"""`python -m gradcam_core.training [NAME]`: train a network that comes along anew."""

from gradcam_core.config import let_waiting_threads_sleep

if __name__ == "__main__":
    let_waiting_threads_sleep()
    from gradcam_core.training.command import main  # brings torch

    main()
