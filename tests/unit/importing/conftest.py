"""Samples of every format, and a short way to read them."""

import gzip
import io
from collections import Counter
from pathlib import Path

import pytest

from storekeeper.metering.importing import FORMATS
from storekeeper.metering.importing.chunking import chunks
from storekeeper.metering.importing.model import Asked
from storekeeper.metering.importing.splitting import plain

SAMPLES = Path(__file__).parent / "samples"


class Read:
    """What a format finds in a body."""

    def __init__(self, form, body, asked, **options):
        self.chunks = list(chunks(FORMATS[form], plain(io.BytesIO(body)), asked, **options))
        self.rows = [row for chunk in self.chunks for row in chunk.rows.to_pylist()]
        self.refused = {one.index: one.reason for chunk in self.chunks for one in chunk.refused}
        self.skipped = sum((Counter(chunk.skipped) for chunk in self.chunks), Counter())
        self.identities = [chunk.identity for chunk in self.chunks]


def asked(bucket="photos", **options):
    return Asked(bucket=bucket, names={bucket: bucket}, **options)


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture
def read():
    """`read("csv", b"…", bucket="photos")`"""

    def reading(form, body, *, bucket="photos", zipped=False, alone=False, **options):
        body = gzip.compress(body) if zipped else body
        return Read(form, body, asked(bucket, **options), alone=alone)

    return reading


@pytest.fixture
def parsed(sample):
    """`parsed("ceph-usage", "ceph_usage.json")`: the rows and what was passed over."""

    def parsing(form, name, *, bucket="photos", **options):
        return FORMATS[form].parse(sample(name), asked(bucket, **options))

    return parsing
