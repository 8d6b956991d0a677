"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
FILES = sorted(SOURCE.rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 500, 60


def name(path):
    return str(path.relative_to(SOURCE))


def test_files_are_small():
    assert {name(path): n for path in FILES if (n := len(path.read_text().splitlines())) > MAX_FILE} == {}


def test_functions_are_small():
    long = [
        f"{name(path)}: {node.name}: {lines} lines"
        for path in FILES
        if path.name != "app.py"
        and "migrations" not in path.parts  # straight-line wiring and history may be long
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := node.end_lineno - node.lineno + 1) > MAX_FUNCTION
    ]
    assert long == []


def test_no_front_door_is_wider_than_thirty_lines():
    doors = [
        path for path in SOURCE.glob("storekeeper/*/__init__.py") if path.parent.name not in ("infra", "cli")
    ]
    assert {str(path): n for path in doors if (n := len(path.read_text().splitlines())) > 35} == {}
