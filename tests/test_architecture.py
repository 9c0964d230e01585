"""The house: imports go down, pure rooms stay pure, everything fits on a screen."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.stats.metrics import BY_CODE

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {
    "messaging": 0, "events": 0, "db": 0, "journal": 1, "people": 1, "recording": 2, "ingest": 3, "stats": 3,
    "security": 4, "health": 4, "alerts": 5, "foresight": 5, "operations": 5, "live": 6, "dashboard": 7, "api": 7,
    "pipeline": 8,
}  # fmt: skip
LEAVES = {"commands", "fields", "database", "listening", "servers.descriptors", "servers.connections"}
"""What rooms may read of sbdash, which is above them; the pipeline, which composes, may read all. They read no room."""
FRAMEWORKS = {"django", "channels", "ninja", "daphne", "uvicorn", "sbdash"}


def modules() -> Iterator[tuple[Path, tuple[str, ...], ast.Module]]:
    for path in sorted((ROOT / "monitoring").rglob("*.py")):
        yield path, path.relative_to(ROOT).with_suffix("").parts, ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(name: str) -> str:
    """The package of a module."""
    return name.rpartition(".")[0]


def graph() -> dict[str, set[str]]:
    """What each module of monitoring imports of the others, and which frameworks, by their names."""
    trees = {".".join(parts): tree for path, parts, tree in modules() if needs_words(path)}
    return {
        module: {name if name in trees else name.partition(".")[0] for name in imports(tree)}
        & (trees.keys() | FRAMEWORKS) - {module}
        for module, tree in trees.items()
    }


def impure(found: dict[str, set[str]]) -> set[str]:
    """Modules that reach a framework, over however many others."""
    reached = set(FRAMEWORKS)
    while more := {module for module, needs in found.items() if module not in reached and needs & reached}:
        reached |= more
    return reached


def test_imports_only_go_down() -> None:
    wrong = []
    for path, parts, tree in modules():
        for name in imports(tree):
            there = name.split(".")
            if there[0] != "monitoring" or len(there) < 2 or len(parts) < 3 or there[1] == parts[1]:
                continue
            if FLOORS[there[1]] >= FLOORS[parts[1]]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_rooms_read_only_leaves_of_sbdash() -> None:
    wrong = []
    for path, parts, tree in modules():
        for node in ast.walk(tree):
            named = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import | ast.ImportFrom) else set()
            for name in {f"{named}.{name}".strip(".") for name in names}:
                known = any(name == f"sbdash.{leaf}" or name.startswith(f"sbdash.{leaf}.") for leaf in LEAVES)
                if name.startswith("sbdash") and not known and parts[1] != "pipeline":
                    wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    for leaf in LEAVES:
        path = ROOT / "sbdash" / f"{leaf.replace('.', '/')}.py"
        wrong += [f"{leaf} imports {name}" for name in imports(ast.parse(path.read_text())) if "monitoring" in name]
    assert not wrong


def test_a_module_says_that_it_is_pure_where_it_is() -> None:
    """ "Pure." in its docstring's first line: neither it nor a module that it imports touches a framework."""
    reached = impure(graph())
    wrong = [
        f"{path.relative_to(ROOT)}: {'is not pure' if says else 'is pure, and does not say so'}"
        for path, parts, tree in modules()
        if needs_words(path)
        and (says := "Pure." in (ast.get_docstring(tree) or "").partition("\n")[0]) == (".".join(parts) in reached)
    ]
    assert not wrong


def test_no_two_packages_import_each_other() -> None:
    pairs = {
        (package(module), package(name))
        for module, names in graph().items()
        for name in names - FRAMEWORKS
        if package(module) != package(name)
    }
    assert not {pair for pair in pairs if pair[::-1] in pairs}


def test_codes_of_metrics_are_known_to_their_registry_alone() -> None:
    """No count is named by hand (`f"m:{role}"`), and none is looked up by its code (`counts["m"]`)."""
    wrong = []
    for path, parts, tree in modules():
        if parts[1:] == ("stats", "metrics") or parts[1] == "db" or "migrations" in parts:
            continue
        for node in ast.walk(tree):
            value = node.value if isinstance(node, ast.Constant) else None
            named = isinstance(value, str) and NAME_OF_COUNT.match(value)
            if named or (isinstance(key := key_in(node), ast.Constant) and key.value in LOOKED_UP):
                wrong.append(f"{path.relative_to(ROOT)}: {ast.unparse(node)}")
    assert not wrong


NAME_OF_COUNT = re.compile(rf"({'|'.join(BY_CODE)}):(\S|$)")
LOOKED_UP = BY_CODE.keys() - {"t"}
"""`t` is the time of a chart's point, too."""


def key_in(node: ast.AST) -> ast.AST | None:
    """What is looked up in a mapping here."""
    if isinstance(node, ast.Subscript):
        return node.slice
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return node.args[0]
    return None


@pytest.mark.parametrize("folder", ["monitoring", "sbdash", "bench", "demo"])
def test_functions_and_files_fit_on_a_screen(folder: str) -> None:
    long = []
    for path in (ROOT / folder).rglob("*.py"):
        if "migrations" in path.parts:
            continue
        text = path.read_text()
        if len(text.splitlines()) > 500:
            long.append(str(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60:
                long.append(f"{path}:{node.name}")
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path, parts, tree in modules() if not ast.get_docstring(tree) and needs_words(path)]
    assert not silent


def needs_words(path: Path) -> bool:
    return path.name not in {"apps.py", "__init__.py"} and "migrations" not in path.parts
