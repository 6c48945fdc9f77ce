"""What happens before the server begins? Wrong settings are its operator's business, not a visitor's."""

import sys

from gradcam_core.config import let_waiting_threads_sleep, settings
from gradcam_core.errors import HeatproofError


def prepare_process() -> None:
    """Before anything imports torch; end the program with one sentence and 2 where a setting is wrong."""
    let_waiting_threads_sleep()
    from gradcam_core.download import policy_from

    try:
        policy_from(settings())
    except HeatproofError as error:
        print(error.message, error.hint, sep="\n", file=sys.stderr)  # noqa: T201 - on a terminal, to whoever starts it
        sys.exit(2)
