"""The program from a shell: `python -m gradcam_core explain cat.jpg --model resnet50 --out cat`.

Answers go to stdout; an error goes to stderr, what is wrong and what to do. Torch is imported only once the
arguments are understood.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from gradcam_core.config import checkpoint_folder, let_waiting_threads_sleep
from gradcam_core.errors import HeatproofError, ResourceError
from gradcam_core.progress import Progress, silent
from gradcam_core.text import printable
from gradcam_core.version import __version__

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_OF_IMAGE = "a file, an http or https address, or a sample such as sample:meadow"
_BAR_WIDTH = 30
_MEGABYTES = "MB"
_BAR_SECONDS = 0.1  # between two drawings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: those after the program's name; the process's own if not given.

    Returns:
        The exit code: 0; 2 after an error that is explained; 130 after Ctrl+C; 141 if nobody reads the output.

    Raises:
        SystemExit: by argparse, with 0 after help and 2 after arguments that it does not know; with 143 or 129 if
            the system asks the program to end or its terminal is gone.
    """
    let_waiting_threads_sleep()
    _print_what_the_terminal_can()
    try:
        with _ended_in_order():
            _run(_understood(arguments))
    except HeatproofError as error:
        _complain(error)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _forget_the_output()
        return 141
    return 0


def _run(options: argparse.Namespace) -> None:
    if sys.stdout is None:
        raise ResourceError("The output is closed.", hint="Send it to a file or a terminal.")
    from gradcam_core.cli.commands import COMMANDS  # brings torch: seconds

    with checkpoint_folder(getattr(options, "checkpoints", None)), _progress_bar(options.progress_unit) as progress:
        for line in COMMANDS[options.command](options, progress):
            with _writable_output():
                print(printable(line))
    _flush()


def _understood(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit:
        _flush()  # the help
        raise
    given = vars(options)
    if any(value == [] for value in (*given.values(), *(given.get("classes") or ()))):
        parser.error("-- is not a value of an option")  # argparse makes an empty list of --class=--
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gradcam_core", description="See where a vision model looks.", allow_abbrev=False
    )
    parser.set_defaults(progress_unit=_MEGABYTES)
    parser.add_argument("--version", action="version", version=f"Heatproof {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    _add_models(commands)
    _add_layers(commands)
    _add_summary(commands)
    _add_methods(commands)
    _add_predict(commands)
    _add_explain(commands)
    _add_attention(commands)
    _add_features(commands)
    _add_check_map(commands)
    _add_download(commands)
    commands.add_parser("settings", help="list every setting, its value and its reason", allow_abbrev=False)
    commands.add_parser("check", help="try everything once and say what does not work here", allow_abbrev=False)
    return parser


def _add_models(commands: "Commands") -> None:
    command = commands.add_parser("models", help="list the models", allow_abbrev=False)
    command.add_argument("--all", action="store_true", help="a line for each, with its size and accuracy")
    _add_checkpoints(command)


def _add_layers(commands: "Commands") -> None:
    command = commands.add_parser("layers", help="list the layers of a model", allow_abbrev=False)
    command.add_argument("model", metavar="MODEL")
    command.add_argument("--all", action="store_true", help="every layer, not only stages and blocks")
    _add_checkpoints(command)
    _add_device(command)


def _add_summary(commands: "Commands") -> None:
    what = "list what a model is made of: output shapes, parameters, mult-adds"
    command = commands.add_parser("summary", help=what, allow_abbrev=False)
    command.add_argument("model", metavar="MODEL")
    of_size = "a side in pixels, or images x channels x height x width as in 1x3x28x28; default: the model's own"
    command.add_argument("--input-size", metavar="SIZE", help=of_size)
    command.add_argument("--json", action="store_true", help="print one JSON object, with the reason for each row")
    _add_checkpoints(command)


def _add_methods(commands: "Commands") -> None:
    what = "list the methods, and what each costs at a layer"
    command = commands.add_parser("methods", help=what, allow_abbrev=False)
    _add_model(command)
    _add_layer(command)
    _add_device(command)


def _add_predict(commands: "Commands") -> None:
    command = commands.add_parser("predict", help="say what a model sees in an image", allow_abbrev=False)
    _add_question(command)


def _add_explain(commands: "Commands") -> None:
    command = commands.add_parser("explain", help="say where in the image it sees that", allow_abbrev=False)
    _add_question(command)
    _add_layer(command)
    _add_method(command)
    _add_place(command)
    of_class = (
        "what to explain: an index or a label, or index:N or label:TEXT where a text could be both; may be repeated; "
        "default: the best prediction"
    )
    command.add_argument("--class", dest="classes", action="append", metavar="CLASS", help=of_class)
    _add_look(command)
    command.add_argument("--out", metavar="DIR", help="write the pictures, the raw map and explanation.json here")


def _add_attention(commands: "Commands") -> None:
    what = "say what the tokens of a vision transformer attend to"
    description = (
        "List the blocks of attention of a vision transformer, how widely and how far each attends in this image, and "
        "show what the token that the class is read from attends to, or what you choose. Blocks, heads, rows and "
        "columns count from 1, in --json and Python from 0."
    )
    command = commands.add_parser("attention", help=what, description=description, allow_abbrev=False)
    _add_model(command, "tinyvit", "tinyvit, a transformer that comes along")
    command.add_argument("--block", type=int, metavar="N", help="default: the last one that can be shown")
    command.add_argument("--head", type=int, metavar="N", help="default: the mean of all heads")
    of_one = (
        "the cell that attends; or token:N, one of the tokens before the cells; or read, what the class is read from "
        "(default)"
    )
    command.add_argument("--of", metavar="ROW,COLUMN", help=of_one)
    of_received = "show what attends to what --of names; without that, what all tokens attend to"
    command.add_argument("--received", action="store_true", help=of_received)
    of_rollout = "through all blocks up to --block, by attention rollout; default: up to the last one"
    command.add_argument("--rollout", action="store_true", help=of_rollout)
    of_fusion = "with --rollout, how the heads of a block become one: mean (default), max or min"
    command.add_argument("--fusion", metavar="HOW", help=of_fusion)
    of_discard = "with --rollout, the share of each block's smallest weights to leave out, 0 to below 1; default: 0"
    command.add_argument("--discard", metavar="SHARE", help=of_discard)
    of_hidden = (
        "leave out this cell (may be repeated) and all tokens that are no cells; tokens: these alone; what remains is "
        "shared among the others"
    )
    command.add_argument("--hide", action="append", metavar="ROW,COLUMN", help=of_hidden)
    _add_map_of_cells(command, of_json="print one JSON object, with the numbers of every head")


def _add_features(commands: "Commands") -> None:
    what = "say which cells of an image are alike to a network"
    description = (
        "Compare the features that a layer gives for the cells of an image, of networks of every kind: all with one of "
        "them, by the cosine, or their first three principal components as colours. Rows and columns count from 1."
    )
    command = commands.add_parser("features", help=what, description=description, allow_abbrev=False)
    _add_model(command)
    _add_layer(command)
    of_one = "the cell that all are compared with; default: none of them, and all are colours"
    command.add_argument("--of", metavar="ROW,COLUMN", help=of_one)
    _add_map_of_cells(command, of_json="print one JSON object")


def _add_map_of_cells(command: argparse.ArgumentParser, *, of_json: str) -> None:
    """What `attention` and `features` have in common: of which image, and how the map is given."""
    command.add_argument("image", metavar="IMAGE", help=_OF_IMAGE)
    _add_preprocessing(command)
    _add_place(command)
    _add_look(command)
    command.add_argument("--out", metavar="DIR", help="write the pictures, map.npy and facts.json here")
    command.add_argument("--json", action="store_true", help=of_json)
    _add_device(command)


def _add_check_map(commands: "Commands") -> None:
    what = "say whether a heatmap deserves belief"
    description = (
        "Hide 64 random parts of the image in two ways, 133 pictures in all, and say whether the heatmap marks what "
        "matters to the model: supported, mixed, not supported or cannot tell."
    )
    command = commands.add_parser("check-map", help=what, description=description, allow_abbrev=False)
    of_images = "files, http or https addresses, or samples such as sample:meadow; several get a table at the end"
    command.add_argument("images", metavar="IMAGE", nargs="+", help=of_images)
    of_class = "whose map: an index or a label, or index:N or label:TEXT; default: each image's best prediction"
    command.add_argument("--class", dest="wanted", metavar="CLASS", help=of_class)
    _add_layer(command)
    _add_method(command)
    _add_place(command)
    _add_model(command)
    _add_preprocessing(command)
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the random parts; default: 0")
    command.add_argument("--json", action="store_true", help="print every number as one JSON object")
    _add_device(command)
    command.set_defaults(progress_unit="pictures")


def _add_look(command: argparse.ArgumentParser) -> None:
    """How the pictures are drawn; the numbers are read where a wrong one is explained."""
    command.add_argument("--colormap", default="inferno", metavar="NAME", help="default: inferno")
    of_overlay = "evidence (colours where the map is strong; default), spotlight, or even (the same opacity everywhere)"
    command.add_argument("--overlay", default="evidence", metavar="NAME", help=of_overlay)
    of_opacity = "of the heatmap over the image where it is strongest, 0 to 1; default: 0.65"
    command.add_argument("--opacity", default="0.65", metavar="SHARE", help=of_opacity)
    of_threshold = "hide what is below this share of the scale, 0 to 1; default: 0"
    command.add_argument("--threshold", default="0", metavar="SHARE", help=of_threshold)
    of_contour = "draw a line round the smallest area that holds this share of the map; default: 0, no line"
    command.add_argument("--contour", default="0", metavar="SHARE", help=of_contour)
    of_scale = "the raw value that gets the last colour; default: the map's largest"
    command.add_argument("--scale", metavar="VALUE", help=of_scale)
    of_sign = "positive (what is above zero; default), or both: what is below zero too, where that says something"
    command.add_argument("--sign", default="positive", metavar="WHICH", help=of_sign)


def _add_download(commands: "Commands") -> None:
    command = commands.add_parser("download", help="fetch the weights of a model", allow_abbrev=False)
    command.add_argument("model", metavar="MODEL")


def _add_question(command: argparse.ArgumentParser) -> None:
    """What `predict` and `explain` have in common."""
    of_count = "how many predictions to list; default: 5 on the terminal, 10 in JSON and in files"
    command.add_argument("image", metavar="IMAGE", help=_OF_IMAGE)
    _add_model(command)
    _add_preprocessing(command)
    command.add_argument("--top-k", type=int, metavar="K", help=of_count)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    _add_device(command)


def _add_model(
    command: argparse.ArgumentParser, name: str = "tinynet", which: str = "tinynet, which comes along"
) -> None:
    command.add_argument("--model", default=name, metavar="NAME", help=f"default: {which}")
    _add_checkpoints(command)


def _add_checkpoints(command: argparse.ArgumentParser) -> None:
    what = "the folder of your own models; default: HEATPROOF_CHECKPOINTS"
    command.add_argument("--checkpoints", metavar="DIR", help=what)


def _add_layer(command: argparse.ArgumentParser) -> None:
    command.add_argument("--layer", metavar="NAME", help="default: the last one before pooling")


def _add_method(command: argparse.ArgumentParser) -> None:
    default = "default: gradcam; hirescam at layers with a class token"
    command.add_argument("--method", metavar="NAME", help=default)


def _add_preprocessing(command: argparse.ArgumentParser) -> None:
    command.add_argument("--preprocessing", default="trained", metavar="HOW", help="trained (default), squash or pad")


def _add_place(command: argparse.ArgumentParser) -> None:
    what = "where the cells of a map are laid: network (where it looks; default), or grid (in equal squares)"
    command.add_argument("--place", default="network", metavar="WHERE", help=what)


def _add_device(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1 or mps; default: the best there is")


@contextmanager
def _progress_bar(unit: str = _MEGABYTES) -> Iterator[Progress]:
    """A bar on stderr from the first report on; nothing where stderr is no terminal."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield silent
        return
    drawn_at = 0.0

    def draw(done: int, total: int) -> None:
        nonlocal drawn_at
        if time.monotonic() - drawn_at >= _BAR_SECONDS or done == total:
            with suppress(OSError):  # a terminal that is gone must not end the work
                print(f"\r{_bar(done, total, unit)}", end="", file=sys.stderr, flush=True)
            drawn_at = time.monotonic()

    try:
        yield draw
    finally:
        if drawn_at:
            with suppress(OSError):
                print(file=sys.stderr)


def _bar(done: int, total: int, unit: str) -> str:
    """How much is done; bytes are read as megabytes."""
    reached, whole = (f"{count / 1e6:.1f}" if unit == _MEGABYTES else f"{count:,}" for count in (done, total))
    if not total:
        return f"{reached} {unit}"
    filled = _BAR_WIDTH * min(done, total) // total
    return f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {reached} of {whole} {unit}"


def _print_what_the_terminal_can() -> None:
    """A letter that the terminal does not have becomes a question mark, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _complain(error: HeatproofError) -> None:
    if sys.stderr:  # print would take stdout in its place
        with suppress(OSError):
            print(*map(printable, filter(None, [error.message, error.hint])), sep="\n", file=sys.stderr)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A request to end becomes SystemExit, so that nothing half-written stays; one that is ignored stays so."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    requests = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()  # no other thread may set handlers
    taken = [request for request in requests if is_main and signal.getsignal(request) == signal.SIG_DFL]
    for request in taken:
        signal.signal(request, end)
    try:
        yield
    finally:
        for request in taken:
            signal.signal(request, signal.SIG_DFL)


@contextmanager
def _writable_output() -> Iterator[None]:
    """A full disk is one sentence; a reader that went away is another matter."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_the_output()
        raise ResourceError(
            f"The output can't be written: {error.strerror or error}.", hint="Make room, or send it elsewhere."
        ) from error


def _flush() -> None:
    if sys.stdout:
        with _writable_output():
            sys.stdout.flush()


def _forget_the_output() -> None:
    """What is still buffered goes nowhere, or the interpreter would complain once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
