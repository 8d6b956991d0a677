"""Rounds of probes on every kind of bucket: all operations work, and nothing stays."""

import contextlib

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import Location, open_store, parse_location
from storekeeper.objectstore.answers import Operation
from storekeeper.objectstore.probing import RESERVED_PREFIX, Plan, ProbeOperation, open_prober
from storekeeper.objectstore.wire import Wire, WireOptions

ALL = tuple(ProbeOperation)
PLAN = Plan(operations=ALL, timeout=10, node="test")


@pytest.fixture(params=["rclone_server", "moto_s3", "folder", "memory"])
def place(request, tmp_path):
    """(location, credentials) of an empty bucket."""
    if request.param == "memory":
        return parse_location(f"memory://{tmp_path.name}"), None
    if request.param == "folder":
        return Location(scheme="file", bucket="", provider="folder", path=str(tmp_path)), None
    server = request.getfixturevalue(request.param)
    return server.bucket(), server.credentials


@pytest.mark.slow
@pytest.mark.parametrize("operations", [ALL, *[(one,) for one in ALL]])
def test_every_subset_is_well_and_leaves_nothing(place, operations):
    location, credentials = place
    plan = Plan(operations=operations, timeout=10, node="test")
    found = open_prober(location, credentials, clock=SystemClock()).run(plan)
    assert [(one.operation, one.outcome, one.detail) for one in found.operations] == [
        (one, "ok", "") for one in operations
    ]
    assert not found.debris
    with contextlib.closing(open_store(location, credentials, clock=SystemClock())) as store:
        assert store.list_page(prefix=RESERVED_PREFIX).objects.num_rows == 0


def test_a_versioned_bucket_keeps_no_old_versions_of_probes(moto_s3):
    location = moto_s3.bucket()
    wire = Wire(location, moto_s3.credentials, clock=SystemClock(), options=WireOptions())
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    put = Operation("PutBucketVersioning", "s3:PutBucketVersioning")
    wire.request(put, method="PUT", query={"versioning": ""}, body=body)
    wire.close()
    found = open_prober(location, moto_s3.credentials, clock=SystemClock()).run(PLAN)
    assert {one.outcome for one in found.operations} == {"ok"}
    with contextlib.closing(moto_s3.open(location)) as store:
        totals = store.list_versions().totals
    assert (totals.noncurrent, totals.delete_markers) == (0, 0)
