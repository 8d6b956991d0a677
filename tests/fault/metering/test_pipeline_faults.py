"""What happens to operations on their way when a disk is full, a row is damaged, or the engine is away for a while."""

import io
import json
import random
import secrets
import sqlite3
import subprocess
import zlib

import pytest

from storekeeper.infra.web import Principal, Role
from storekeeper.kernel.errors import UnavailableError
from storekeeper.metering.rules import relative_error
from storekeeper.metering.service import drainer
from storekeeper_client.metering import Operation
from storekeeper_client.metering.sampling import Sampler
from tallies import TALLIES

pytestmark = pytest.mark.slow
SENDER = Principal(id="key-1", email="", role=Role.USER, via="key", scopes=frozenset({"ingest"}))


def line(world, **fields):
    one = {
        "time": world.clock.now().isoformat(),
        "bucket": "photos",
        "operation": "GetObject",
        "status": 200,
        "latencyMs": 7,
    }
    return json.dumps(one | fields).encode()


def take(world, batch_id, count=10, **fields):
    """Acknowledged, and in the spool."""
    body = io.BytesIO(b"\n".join(line(world, key=secrets.token_hex(400), **fields) for _ in range(count)))
    return world.metering.take(body, media_type="", encoding="", batch_id=batch_id, principal=SENDER)


def drain(world):
    while world.metering._drainer.drain_once():
        pass


def everywhere(world):
    """How many are stored, and how many each of the sums knows of."""
    return [world.operations(), *(world.sums(table)["n"] for table in TALLIES)]


def all_are(number):
    return [number] * (1 + len(TALLIES))


@pytest.mark.parametrize("taken", [False, True], ids=["refused", "taken but seemed to fail"])
def test_the_engine_is_away_for_a_while(world, monkeypatch, taken):
    take(world, "one")
    real = world.engine._insert

    def failing(*arguments, **options):
        if taken:
            real(*arguments, **options)
        raise UnavailableError("The analytics engine refused: away")

    with monkeypatch.context() as patch:
        patch.setattr(world.engine, "_insert", failing)
        for _ in range(3):
            with pytest.raises(UnavailableError):
                world.metering._drainer.drain_once()
        take(world, "two")  # others are taken in meanwhile
        assert world.metering.stats().spooled_operations == 20
    drain(world)
    assert everywhere(world) == all_are(20)
    assert take(world, "one").duplicates == 10
    drain(world)
    assert everywhere(world) == all_are(20)


@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "with a damaged one"])
def test_of_two_halves_one_fails(world, monkeypatch, damaged):
    monkeypatch.setattr(drainer, "APART", 6000)
    for name in ("one", "two", "three"):
        take(world, name, 2000)
    if damaged:
        with sqlite3.connect(world.folder / "spool.db") as spool:
            spool.execute("UPDATE batch SET body = substr(body, 1, length(body) - 1) WHERE batch_id = 'one'")
    real, tokens = world.engine._insert, []

    def failing(*arguments):
        tokens.append(arguments[4])
        if arguments[4].endswith("-later"):
            raise UnavailableError("The analytics engine refused: away")
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(world.engine, "_insert", failing)
        for _ in range(2):
            with pytest.raises(UnavailableError):
                world.metering._drainer.drain_once()
    assert len(set(tokens)) == 2
    drain(world)
    assert everywhere(world) == all_are(4000 if damaged else 6000)


def test_a_caller_who_goes_away_takes_nothing_back(world):
    take(world, "one")  # so that buckets and room are known
    body = io.BytesIO(line(world))
    soon = world.metering.take_soon(body, media_type="", encoding="", batch_id="two", principal=SENDER)
    assert not soon.cancel()
    assert soon.result().accepted == 1
    drain(world)
    assert everywhere(world) == all_are(11)


@pytest.mark.parametrize("count", [10, 2000], ids=["small", "large"])
def test_a_damaged_row_is_set_aside_and_the_rest_goes_on(world, count):
    for name in ("one", "two", "three"):
        take(world, name, count)
    with sqlite3.connect(world.folder / "spool.db") as spool:
        spool.execute(
            "UPDATE batch SET body = substr(body, 1, length(body) - 9) || 'nonsense!' WHERE batch_id = 'two'"
        )
    drain(world)
    assert everywhere(world) == all_are(2 * count)
    stats = world.metering.stats()
    assert (stats.quarantined, stats.spooled_operations) == (1, 0)


def test_a_row_that_is_whole_but_senseless_is_set_aside_too(world):
    take(world, "one")
    take(world, "two")
    with sqlite3.connect(world.folder / "spool.db") as spool:
        spool.create_function("crc", 1, zlib.crc32)
        spool.execute("UPDATE batch SET body = x'93', checksum = crc(x'93') WHERE batch_id = 'one'")
    drain(world)
    assert everywhere(world) == all_are(10)
    assert world.metering.stats().quarantined == 1


def test_the_disk_is_full_for_a_while(make_world, tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        world = make_world()
        world.metering._intake._limits = type(world.metering._intake._limits)(reserve=0)  # beyond the reserve
        acknowledged = 0
        with pytest.raises(UnavailableError) as refused:  # noqa: PT012 - when, is the disk's to say
            for number in range(400):
                acknowledged += take(world, f"batch-{number}", 1000).accepted
        assert acknowledged
        assert refused.value.hint
        subprocess.run(["mount", "-o", "remount,size=400m", str(tmp_path)], check=True)
        acknowledged += take(world, "afterwards", 1000).accepted
        drain(world)
        assert everywhere(world) == all_are(acknowledged)
        world.close()
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_disk_that_is_nearly_full_is_kept_for_what_matters_more(world):
    world.metering._intake._limits = type(world.metering._intake._limits)(reserve=1 << 60)
    with pytest.raises(UnavailableError, match="no room"):
        take(world, "one")


def test_a_sample_agrees_with_all_within_the_error_that_it_states(world):
    """A seeded workload, once whole and once sampled as the client does: 10 % of successes, all errors."""
    dice, choose = random.Random(5), random.Random(6)
    sampler = Sampler(0.1, 1.0, choose.random)
    whole, sampled = [], []
    for _ in range(30_000):
        failed = dice.random() < 0.02
        one = Operation(
            time=int(world.clock.now().timestamp() * 1000), bucket="photos",
            operation=dice.choice(["GetObject", "GetObject", "PutObject"]), status=503 if failed else 200,
            bytes_out=int(dice.lognormvariate(9, 1)), latency_ms=dice.lognormvariate(3, 0.5), owner="whole",
        )  # fmt: skip
        whole.append(one)
        if kept := sampler.sample(one):
            sampled.append((one, kept.weight))
    for owner, some in (("whole", [(one, 1.0) for one in whole]), ("sample", sampled)):
        body = b"\n".join(
            line(world, owner=owner, operation=one.operation, status=one.status, bytesOut=one.bytes_out,
                 latencyMs=one.latency_ms, weight=weight)
            for one, weight in some
        )  # fmt: skip
        world.metering.take(io.BytesIO(body), media_type="", encoding="", batch_id=owner, principal=SENDER)
    drain(world)
    sums = {
        owner: world.engine.row(
            "SELECT sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(bytes_out) AS bytes, "
            "quantilesBFloat16WeightedMerge(0.5, 0.95)(latency) AS q FROM usage_day WHERE owner = {owner:String}",
            owner=owner,
        )
        for owner in ("whole", "sample")
    }
    full, part = sums["whole"], sums["sample"]
    stated = relative_error(part["requests"], part["samples"])
    assert 0.005 < stated < 0.03
    assert part["samples"] < 0.15 * full["samples"]
    assert part["errors"] == full["errors"]  # never sampled away
    assert part["requests"] == pytest.approx(full["requests"], rel=3 * stated)
    assert part["bytes"] == pytest.approx(full["bytes"], rel=6 * stated)  # sizes vary, too
    assert part["q"] == pytest.approx(full["q"], rel=0.05)
