"""Which rules of the house does a folder of code break?

Each checker takes a folder, and returns a sentence for everything that breaks its rule. Code is read and not run, but
for `loaded_by`.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

Order = Mapping[str, Sequence[Collection[str]]]
"""By package: its modules and packages in ranks, the lowest first; a rank may use those below it alone."""

_LOCAL = {".venv", "venv", "tests", "__pycache__"}
_IMPORTERS = {"import_module", "__import__"}


def modules(root: Path) -> dict[str, Path]:
    """Every module below a folder by its dotted name, without tests and environments; a package is its `__init__`."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _LOCAL]  # an environment has tens of thousands of files
        for path in (Path(folder, name) for name in files if name.endswith(".py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return dict(sorted(found.items()))


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it: `from a import b` gives a.b, whatever b is.

    Imports under TYPE_CHECKING count: who needs a type knows of its module. So do constant names in `import_module`.
    """
    return set(_imported_names(path.read_text(encoding="utf-8")))


@cache
def _imported_names(text: str) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _called(node) in _IMPORTERS:
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return frozenset(names)


def imported_modules(path: Path, known: Collection[str]) -> set[str]:
    """Those of the known modules that a file imports: of the name a.b.C the module a.b, or a where that is all."""
    return {module for name in imports(path) if (module := _longest(name, known))}


def uses(path: Path, wanted: Collection[str]) -> bool:
    """Whether a file imports one of these modules or something in it."""
    return any(f"{name}.".startswith(f"{one}.") for name in imports(path) for one in wanted)


def upward_imports(root: Path, order: Order, *, excused: Collection[tuple[str, str]] = ()) -> list[str]:
    """Imports within a package that do not go down its ranks, and every module that has no rank in it."""
    known = modules(root)
    return [sentence for package, ranks in order.items() for sentence in _upward_within(known, package, ranks, excused)]


def out_of_order(root: Path, order: Order, *, excused: Collection[tuple[str, str]] = ()) -> list[str]:
    """What the order says of modules that are not there, and packages that it leaves out."""
    known = modules(root)
    there = {package: _parts(known, package) for package in order}
    gone = [
        f"{package} has no {part}: take it out of the order"
        for package, ranks in order.items()
        for part in sorted(set().union(*ranks) - there[package])
    ]
    tops = {package.partition(".")[0] for package in order}
    packages = {one for name in known for one in _packages_of(name) if one.partition(".")[0] in tops}
    left_out = [f"{package} is a package without an order" for package in sorted(packages - set(order))]
    idle = [f"{a} does not import {b}: it needs no excuse" for a, b in excused if not _does_import(known, a, b)]
    return [*gone, *left_out, *idle]


def importers(root: Path, wanted: Collection[str], *, outside: Collection[str]) -> list[str]:
    """Modules that import one of these, but for those in the packages and modules named."""
    return [
        f"{name} imports one of {', '.join(sorted(wanted))}"
        for name, path in modules(root).items()
        if not any(f"{name}.".startswith(f"{one}.") for one in outside) and uses(path, wanted)
    ]


def environment_readers(root: Path, *, outside: Collection[str]) -> list[str]:
    """Modules that name the environment's variables, but for those named."""
    return [
        f"{name} reads the environment"
        for name, path in modules(root).items()
        if name not in outside and _names(path) & {"environ", "environb", "getenv", "getenvb"}
    ]


def relative_imports(root: Path) -> list[str]:
    """Imports by dots, which say nothing of where one stands, and which the other rules do not read."""
    return [
        f"{name}:{node.lineno} imports by dots"
        for name, path in modules(root).items()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def branches_on(root: Path, names: Collection[str]) -> list[str]:
    """Comparisons with one of these names, or with how some of them begin: such a thing is data in a registry."""
    return [
        f"{name}:{line} asks for {value!r}"
        for name, path in modules(root).items()
        for line, value, is_part in _compared(_tree(path))
        if value in names or (is_part and len(value) > 2 and any(value in one for one in names))
    ]


def too_long(root: Path, *, lines: int, function_lines: int) -> list[str]:
    """Files with more lines than these, and functions with more, their docstring not counted."""
    found = []
    for name, path in modules(root).items():
        count = len(path.read_text(encoding="utf-8").splitlines())
        found += [f"{name} has {count} lines"] if count > lines else []
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > function_lines:
                found.append(f"{name}.{node.name} has {_length(node)} lines")
    return found


def loaded_by(root: Path, imported: str, heavy: Collection[str]) -> list[str]:
    """Which of these libraries are loaded once a module has been imported, in a process of its own."""
    code = f"import sys, {imported}; print(*sorted({set(heavy)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.split()


def _upward_within(
    known: Mapping[str, Path],
    package: str,
    ranks: Sequence[Collection[str]],
    excused: Collection[tuple[str, str]],
) -> Iterator[str]:
    rank_of = {part: rank for rank, parts in enumerate(ranks) for part in parts}
    inside = {name: name.removeprefix(f"{package}.").partition(".")[0] for name in known if _is_in(name, package)}
    for name, own in inside.items():
        if own not in rank_of:
            yield f"{name}: give {own} a rank in {package}"
            continue
        for target in sorted(imported_modules(known[name], known)):
            if target == package:
                yield f"{name} imports {package} from within it"
            elif (name, target) not in excused and _is_up(own, inside.get(target), rank_of):
                yield f"{name} imports {target}, which does not stand below it in {package}"


def _is_up(own: str, other: str | None, rank_of: Mapping[str, int]) -> bool:
    return other is not None and other != own and rank_of.get(other, -1) >= rank_of[own]


def _is_in(name: str, package: str) -> bool:
    return name.startswith(f"{package}.")


def _parts(known: Mapping[str, Path], package: str) -> set[str]:
    return {name.removeprefix(f"{package}.").partition(".")[0] for name in known if _is_in(name, package)}


def _packages_of(name: str) -> Iterator[str]:
    """The packages that a module lies in, whether they have an `__init__` or not."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts)))


def _does_import(known: Mapping[str, Path], importer: str, imported: str) -> bool:
    return importer in known and imported in imported_modules(known[importer], known)


def _longest(name: str, known: Collection[str]) -> str:
    """The known module that a dotted name lies in, or nothing."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def _tree(path: Path) -> ast.Module:
    return _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _names(path: Path) -> set[str]:
    """Names, attributes and imported names in a file."""
    found = {name.rpartition(".")[2] for name in imports(path)}
    for node in ast.walk(_tree(path)):
        found |= {node.attr} if isinstance(node, ast.Attribute) else set()
    return found


def _compared(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """(line, text, whether it is sought as a part) of each constant that a comparison, a case or a prefix asks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for asked in (node.left, *node.comparators):
                yield from ((node.lineno, text, _is_sought(node, asked)) for text in _texts(asked))
        elif isinstance(node, ast.MatchValue):
            yield from ((node.lineno, text, False) for text in _texts(node.value))
        elif isinstance(node, ast.Call) and _called(node) in {"startswith", "endswith", "removeprefix"}:
            yield from ((node.lineno, text, True) for arg in node.args for text in _texts(arg))


def _is_sought(node: ast.Compare, asked: ast.expr) -> bool:
    """Whether it is the text in `"text" in name`."""
    return asked is node.left and isinstance(asked, ast.Constant) and isinstance(node.ops[0], ast.In | ast.NotIn)


def _texts(node: ast.expr) -> Iterator[str]:
    """The constant texts of an expression, or of the elements of a tuple, list or set."""
    for one in node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    return lines - len((ast.get_docstring(node) or "").splitlines())
