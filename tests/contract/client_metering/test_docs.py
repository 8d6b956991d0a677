"""The client's docs are true: the how-to runs as it stands, and the reference names what there is."""

import inspect
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from sessions import new_session
from storekeeper_client.metering import Meter, Stats

DOCS = Path(__file__).parents[3] / "docs"
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SERVER = "https://storekeeper.example.com"


@pytest.fixture
def environment(options, ingest):
    """That of an application: where its storage is, and its key for Storekeeper."""
    found = {
        "AWS_ENDPOINT_URL": options["endpoint_url"],
        "AWS_ACCESS_KEY_ID": options["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": options["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",  # for obstore
        "STOREKEEPER_TOKEN": ingest.token,
    }
    client = new_session().client("s3", **options)
    client.create_bucket(Bucket="photos")
    client.close()
    return found


@pytest.mark.parametrize("s3_server", ["rclone_server"], indirect=True)
def test_the_how_to_runs(environment, ingest, tmp_path):
    page = (DOCS / "how-to" / "meter-an-application.md").read_text()
    script = tmp_path / "application.py"
    uses = 'download("data:,meow", "users/ann/cat.jpg")\nexists("data:,", "users/ann/cat.jpg")\n'
    script.write_text("\n".join([*_PYTHON.findall(page), uses]).replace(_SERVER, ingest.url))
    ran = subprocess.run(
        [sys.executable, "-W", "error", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Counter(each.operation for each in ingest.operations) == {
        "PutObject": 3,  # two by boto3, one by obstore
        "GetObject": 4,  # by boto3, aiobotocore and obstore, and in a block
        "HeadObject": 1,  # by a function; that of the tests goes to a fake
    }
    assert {each.owner for each in ingest.operations} == {"", "ann"}


def _named(section):
    page = (DOCS / "reference" / "client.md").read_text()
    rows = re.search(rf"^## `{section}`$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    first = [row.split("|")[1] for row in rows.splitlines() if row.startswith("| `")]
    return [name for cell in first for name in re.findall(r"`(\w+)", cell)]


def test_every_option_and_method_of_a_meter_is_in_the_reference():
    options = list(inspect.signature(Meter).parameters)[2:]
    inner = {"clock", "start_over", "swallow"}
    methods = {name for name in vars(Meter) if not name.startswith("_")} - inner | {"submit"}
    named = _named("Meter")
    assert named[: len(options)] == options
    assert set(named[len(options) :]) == methods


def test_every_count_is_in_the_reference():
    fields = [field.name for field in msgspec.structs.fields(Stats)]
    assert _named("Stats") == [*fields, "sent"]
