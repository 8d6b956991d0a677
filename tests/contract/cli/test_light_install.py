"""The light install is msgspec, Typer and Rich: nothing of the server is imported until it is asked for."""

import subprocess
import sys

import pytest

_SERVER = ("infra", "app", "access", "audit", "buckets", "dashboard", "inventory", "objectstore", "settings")
_HEAVY = ("litestar", "sqlalchemy", "chdb", "clickhouse_connect", "pyarrow", "dbos", "botocore", "granian")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_all_commands_load_without_the_server():
    ran = _python(
        "import sys, typer.main, typer.core\n"
        "from storekeeper.cli.root import COMMANDS, app\n"
        "group = typer.main.get_command(app)\n"
        "assert all(group.get_command(None, name) for name in COMMANDS)\n"
        "print(*sys.modules)"
    )

    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    assert not loaded & {f"storekeeper.{part}" for part in _SERVER}
    assert not loaded & set(_HEAVY)


def test_the_version_is_told_without_what_it_does_not_need():
    ran = _python(
        "import sys\n"
        "from storekeeper.cli.root import app\n"
        "app(['version'], standalone_mode=False)\n"
        "print(*sys.modules)"
    )

    assert ran.returncode == 0, ran.stderr
    assert not set(ran.stdout.split()) & {"msgspec", "rich", "http.client", "storekeeper_client", *_HEAVY}


@pytest.mark.parametrize(
    ("command", "extra"), [("serve", "server"), ("migrate", "server"), ("doctor", "server"), ("demo", "demo")]
)
def test_what_needs_the_server_says_so(command, extra):
    ran = _python(
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({_HEAVY!r}))\n"
        "from storekeeper.__main__ import main\n"
        f"sys.argv = ['storekeeper', {command!r}]\n"
        "main()"
    )

    assert ran.returncode == 2, ran.stderr
    assert f"pip install 'storekeeper[{extra}]'" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "told"),
    [(["boto3"], "boto3, which is"), (["obstore", "boto3"], "boto3 and obstore, which are")],
)
def test_the_demo_says_what_it_needs_before_it_begins(missing, told, tmp_path):
    ran = _python(
        "import sys, tempfile\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        f"util.find_spec = lambda name, *rest: None if name in {missing!r} else find(name, *rest)\n"
        "from storekeeper.__main__ import main\n"
        "sys.argv = ['storekeeper', 'demo', '--once']\n"
        "main()"
    )

    assert ran.returncode == 2, ran.stderr
    assert f"The demo needs {told} not installed." in ran.stderr
    assert "pip install 'storekeeper[demo]'" in ran.stderr
    assert list(tmp_path.iterdir()) == []
