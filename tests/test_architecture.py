"""The house rules that a machine can hold."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "gradcam_core"

RANKS = [
    {"encoding", "errors", "loaded_image", "progress", "text"},
    {"config", "geometry", "hooks", "tinynet", "methods", "layers", "scenes"},
    {"cam", "resources"},
    {"decoding"},
    {"download", "preprocessing", "rendering"},
    {"checkpoints", "samples"},
    {"images", "models"},
    {"engine", "jobs"},
    {"export", "training"},
    {"cli"},
    {"__main__"},
]
RANK_OF = {part: rank for rank, parts in enumerate(RANKS) for part in parts}
NETWORK = {"requests", "urllib3", "urllib.request", "http.client", "httpx", "socket"}


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it, but for those under TYPE_CHECKING."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def core_parts(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("gradcam_core.")}


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", modules(CORE), ids=lambda path: str(path.relative_to(CORE)))
def test_a_module_imports_only_from_lower_ranks(path: Path) -> None:
    if path == CORE / "__init__.py":
        return  # it only re-exports
    own = part(path)
    others = {name for name in core_parts(path) if name != own and name in RANK_OF}
    assert own in RANK_OF, f"give {own} a rank"
    assert {name for name in others if RANK_OF[name] >= RANK_OF[own]} == set()


def test_the_core_knows_no_streamlit() -> None:
    assert [path.name for path in modules(CORE) if "streamlit" in roots(path)] == []


def test_the_cam_library_is_imported_in_methods_alone() -> None:
    assert {part(path) for path in modules(CORE) if "pytorch_grad_cam" in roots(path)} == {"methods"}
    assert [path for path in modules(ROOT / "pages") if "pytorch_grad_cam" in roots(path)] == []


def test_one_module_opens_the_network() -> None:
    assert {part(path) for path in modules(CORE) if imports(path) & NETWORK} == {"download"}
    assert [path for path in [*modules(ROOT / "pages"), ROOT / "app.py"] if imports(path) & NETWORK] == []


def test_one_module_reads_the_environment() -> None:
    readers = {part(path) for path in modules(CORE) if "environ" in path.read_text(encoding="utf-8")}
    assert readers <= {"config", "download"}  # download only names the proxies that requests reads


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_a_page_is_thin(path: Path) -> None:
    assert not roots(path) & {"torch", "torchvision", "numpy", "PIL", "matplotlib"}
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 90


def test_only_ui_and_pages_and_app_know_streamlit() -> None:
    knowing = {path.relative_to(ROOT).parts[0] for path in modules(ROOT / "pages") if "streamlit" in roots(path)}
    assert knowing == {"pages"}


@pytest.mark.parametrize("path", [*modules(CORE), *modules(ROOT / "pages")], ids=lambda path: path.name)
def test_no_file_is_longer_than_400_lines_and_no_function_than_50(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (
                (node.end_lineno or node.lineno) - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines())
            )
            assert lines <= 50, f"{node.name} has {lines} lines"


def test_top_level_holds_only_what_it_may() -> None:
    allowed = {"app.py", "gradcam_core", "pages", "tests", "requirements.txt", ".streamlit"}
    allowed |= {
        "requirements-dev.txt",
        "requirements-bench.txt",
        "README.md",
        "LICENSE",
        "pyproject.toml",
        ".gitignore",
        ".ci",
        ".git",
        "Dockerfile",
    }
    local = {
        ".venv",
        "venv",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        "__pycache__",
        "checkpoints",
    }
    assert {path.name for path in ROOT.iterdir()} - allowed - local == set()
