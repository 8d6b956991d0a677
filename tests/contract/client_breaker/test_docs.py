"""The docs of breakers are true: the how-to runs as it stands, and the reference names what there is."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from storekeeper_client.breaker import BreakerConfig, BreakerRegistry, CircuitBreaker

DOCS = Path(__file__).parents[3] / "docs"
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_how_to_runs(rclone_server, make_options, ingest, tmp_path):
    options, bucket = make_options(rclone_server.endpoint), rclone_server.bucket().bucket
    environment = {
        "AWS_ENDPOINT_URL": options["endpoint_url"],
        "AWS_ACCESS_KEY_ID": options["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": options["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",  # for obstore
        "STOREKEEPER_TOKEN": ingest.token,
    }
    page = (DOCS / "how-to" / "guard-an-application.md").read_text()
    script = tmp_path / "application.py"
    text = "\n".join(_PYTHON.findall(page)).replace('"photos"', f'"{bucket}"')
    script.write_text(text.replace("https://storekeeper.example.com", ingest.url))
    ran = subprocess.run(
        [sys.executable, "-W", "error", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "Traceback" not in ran.stderr


def named(section):
    page = (DOCS / "reference" / "client.md").read_text()
    rows = re.search(rf"^## `{section}`$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    first = [row.split("|")[1] for row in rows.splitlines() if row.startswith("| `")]
    return [name for cell in first for name in re.findall(r"`(\w+)", cell)]


def test_every_setting_is_in_the_reference_with_its_default():
    fields = {field.name: field.default for field in msgspec.structs.fields(BreakerConfig)}
    assert named("BreakerConfig") == list(fields)
    page = (DOCS / "reference" / "client.md").read_text()
    for name, default in fields.items():
        shown = f'`"{default}"`' if isinstance(default, str) else str(default)
        assert f"| `{name}` | {shown} |" in page


@pytest.mark.parametrize("kind", [BreakerRegistry, CircuitBreaker])
def test_every_method_is_in_the_reference(kind):
    methods = {name for base in kind.__mro__ for name in vars(base) if not name.startswith("_")}
    assert set(named(kind.__name__)) == methods - {"mro"}
