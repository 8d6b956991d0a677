"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
FILES = sorted(SOURCE.rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 500, 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_and_functions_are_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_FILE
    if path.name == "app.py" or "migrations" in path.parts:
        return  # straight-line wiring and history may be long
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []


def test_no_front_door_is_wider_than_thirty_lines():
    doors = [
        path for path in SOURCE.glob("storekeeper/*/__init__.py") if path.parent.name not in ("infra", "cli")
    ]
    assert {str(path): n for path in doors if (n := len(path.read_text().splitlines())) > 35} == {}
