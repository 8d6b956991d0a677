"""The course of the demo, from an empty directory back to none."""

import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from random import SystemRandom
from types import FrameType

import msgspec
import typer

from storekeeper.cli.failing import Status
from storekeeper.cli.local.demo import leftovers
from storekeeper.cli.local.demo.billing import (
    agree_on_a_budget,
    bill,
    enter_prices,
    limit_the_heaviest,
    plan_a_clean_up,
    work_out,
)
from storekeeper.cli.local.demo.files import (
    OWNER_PATTERN,
    PACKAGES,
    TEMPORARY,
    UPLOADS,
    Contents,
    lay_out,
    leave_behind,
    on_disk,
    own_packages,
)
from storekeeper.cli.local.demo.life import PAUSE, life, rescan
from storekeeper.cli.local.demo.metered import Metered, applications, measure
from storekeeper.cli.local.demo.outage import Outage, outage, playing
from storekeeper.cli.local.demo.parts import check_parts
from storekeeper.cli.local.demo.processes import Keeper, Storage, keeper, storage
from storekeeper.cli.local.faults import named_faults
from storekeeper.cli.progress import watch
from storekeeper.cli.remote import named_refusals
from storekeeper.cli.screen import count, emit, many, note, pairs, say, size, table
from storekeeper.kernel.clock import Clock, SystemClock
from storekeeper.kernel.units import format_duration
from storekeeper_client import Client
from storekeeper_client.health import CheckRound

BUCKETS = (PACKAGES, UPLOADS)
# Checks of the demo are frequent, so that a fault shows and ends while one looks.
_CHECKS = {
    "checkInterval": 5_000,
    "timeout": 4_000,
    "recoveryTimeout": 10_000,
    "slowResponseThreshold": 1_000,
    "testOperations": ["put", "head", "get", "list", "delete"],
}
_ROUNDS = 5  # of everything that the applications do, where they do a fixed number
_WORKING_OUT = 10.0  # seconds until costs are worked out, so that the bill is of the same moment


class Compared(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a scan found in a bucket, beside what lies on the disk."""

    name: str
    objects: int
    bytes: int
    seconds: float
    on_disk: Contents

    @property
    def is_equal(self) -> bool:
        return (self.objects, self.bytes) == (self.on_disk.objects, self.on_disk.bytes)


class World(msgspec.Struct, frozen=True, kw_only=True):
    """All that the demo has set up."""

    root: Path
    buckets: Path
    storage: Storage
    outage: Outage
    keeper: Keeper
    client: Client


def run(*, once: bool, port: int, keep: bool, faults: bool, as_json: bool) -> None:
    """Set up, show, and clean up whatever happens."""
    check_parts()
    clock = SystemClock()
    with (
        _ends_by_signal(),
        named_faults(),
        named_refusals(signed_in=True),
        _world(clock, port=port, keep=keep) as world,
    ):
        compared = [_first_scan(world, name) for name in BUCKETS]
        well = all(each.is_equal for each in compared)
        if once:
            metered = measure(world.client, world.storage, world.root, clock, rounds=_ROUNDS)
            checked = world.client.check()
            well = well and metered.is_equal and all(check.is_well for check in checked)
            _report(world, compared, metered, checked, as_json=as_json)
        else:
            world.client.start_monitoring()
            limit_the_heaviest(world.client, UPLOADS)
            agree_on_a_budget(world.client)
            plan_a_clean_up(world.client, UPLOADS, TEMPORARY)
            with applications(world.client, world.storage, world.root):
                _show(world, compared, as_json=as_json)
                with playing(world.outage.control) if faults else nullcontext():
                    _live(world, clock)
    if not well:
        raise typer.Exit(Status.NOT_WELL)


@contextmanager
def _world(clock: Clock, *, port: int, keep: bool) -> Iterator[World]:
    for folder in leftovers.clear():
        note(f"Removed {folder}: a demo that was killed had left it.")
    root = Path(tempfile.mkdtemp(prefix=leftovers.PREFIX))
    with ExitStack() as teardown:
        teardown.callback(_leave, root, keep=keep)
        if not keep:
            leftovers.mark(root)
        note("Laying out the files of this Python environment in two buckets …")
        lay_out(own_packages(), root / "buckets")
        leave_behind(root / "buckets")
        note("Starting an S3 server (rclone) and Storekeeper …")
        behind = teardown.enter_context(storage(root / "buckets", root, clock))
        before = teardown.enter_context(outage(behind.endpoint, root))
        given = msgspec.structs.replace(behind, endpoint=before.endpoint)
        ours = teardown.enter_context(keeper(root / "data", port, root, clock))
        enter_prices(root / "data")
        client = teardown.enter_context(Client(ours.url))
        client.sign_in(ours.email, ours.password)
        client.change_health_config({**_CHECKS, "enabled": False})  # what is compared must stand still
        for name in BUCKETS:
            _register(client, given, name)
        yield World(
            root=root, buckets=root / "buckets", storage=given, outage=before, keeper=ours, client=client
        )


def _register(client: Client, given: Storage, name: str) -> None:
    client.add_bucket(
        name=name,
        url=f"s3://{name}",
        endpoint=given.endpoint,
        accessKeyId=given.credentials.access_key_id,
        secretAccessKey=given.credentials.secret_access_key,
        ownerPattern=OWNER_PATTERN if name == UPLOADS else "",
        scanCron="",
    )


def _first_scan(world: World, name: str) -> Compared:
    truth = on_disk(world.buckets / name)
    scan = watch(world.client.follow_scan(world.client.start_scan(name)))
    if scan.status != "succeeded":
        note(f"The scan of {name} ended as {scan.status}. {scan.error or ''}")
        return Compared(name=name, objects=0, bytes=0, seconds=0, on_disk=truth)
    found = world.client.inventory(name)
    return Compared(
        name=name, objects=found.objects, bytes=found.bytes, seconds=found.duration_ms / 1000, on_disk=truth
    )


def _report(
    world: World,
    compared: list[Compared],
    metered: Metered,
    checked: Sequence[CheckRound],
    *,
    as_json: bool,
) -> None:
    equal = all(each.is_equal for each in compared)
    if as_json:
        healthy = {check.bucket: check.is_well for check in checked}
        ok = equal and metered.is_equal and all(healthy.values())
        shown = {"buckets": compared, "metering": metered, "healthy": healthy}
        emit({"ok": ok, "url": world.keeper.url, **shown})
        return
    rows = []
    for each in compared:
        for source, held in (
            ("by the scan", Contents(each.objects, each.bytes)),
            ("on the disk", each.on_disk),
        ):
            rows.append((each.name, source, count(held.objects), count(held.bytes), size(held.bytes)))
    table(["Bucket", "", ">Objects", ">Bytes", ">Size"], rows)
    say("Equal, to the object and to the byte." if equal else "They differ.")
    say("")
    _report_metering(metered)
    say("")
    for check in checked:
        worked = ", ".join(one.operation.upper() for one in check.checks if one.is_well)
        say(f"Health of {check.bucket}: {worked} work. {check.diagnosis}".rstrip())


def _report_metering(metered: Metered) -> None:
    rows = []
    for source, tallies in (("by the applications", metered.did), ("by the server", metered.stored)):
        for name, each in tallies.items():
            rows.append((name, source, count(each.requests), count(each.errors), count(each.bytes)))
    table(["Operation", "", ">Requests", ">Errors", ">Bytes"], sorted(rows))
    if metered.is_equal:
        say("Equal, to the request and to the byte.")
    else:
        say(f"They differ: {count(metered.accepted)} were accepted, {count(metered.lost)} lost.")


def _show(world: World, compared: list[Compared], *, as_json: bool) -> None:
    if as_json:
        emit({**msgspec.structs.asdict(world.keeper), "faults": world.outage.control, "buckets": compared})
        return
    for each in compared:
        say(
            f"{each.name}: {many(each.objects, 'object')}, {size(each.bytes)}, in {format_duration(each.seconds)}"
        )
    say("")
    pairs(
        [
            ("Open", world.keeper.url),
            ("Traffic", "of two applications; a day of theirs takes ten minutes"),
            ("Email", world.keeper.email),
            ("Password", world.keeper.password),
            ("Faults", "storekeeper demo fault slow --for 1m, or by HTTP:"),
            ("", world.outage.control),
            ("Stop", "Ctrl-C; everything is removed then"),
        ]
    )


def _live(world: World, clock: Clock) -> None:
    """Until a signal ends it."""
    with life(world.storage, world.buckets, clock, SystemRandom()) as alive:
        while True:
            alive.round(clock.now())
            rescan(world.client, BUCKETS)
            work_out(world.client)
            clock.sleep(_WORKING_OUT)
            bill(world.client, world.root / "bill.csv", BUCKETS)
            clock.sleep(PAUSE - _WORKING_OUT)


def _leave(root: Path, *, keep: bool) -> None:
    if keep:
        note(f"Everything is left in {root}.")
    else:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _ends_by_signal() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal all end the block in order; a second one does not disturb the cleaning."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise typer.Exit(Status.DONE if number == signal.SIGINT else 128 + number)

    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
