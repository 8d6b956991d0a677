"""Batches on disk, as files and within a worker."""

import pytest

from storekeeper_client.metering.batch import Batch
from storekeeper_client.metering.spill import CorruptError, Spill

AWAY = ConnectionRefusedError("nobody there")


@pytest.fixture
def spill(tmp_path):
    return Spill(tmp_path / "spill", limit=1 << 20, adopt=True)


def batch(number, *, body=b"{}\n", count=5):
    return Batch(f"00000000-0000-4000-8000-{number:012d}", body, count, body.startswith(b"\x1f\x8b"))


def test_a_batch_comes_back_as_it_was_even_to_a_later_process(spill, tmp_path):
    packed = batch(1, body=b"\x1f\x8b\n\x00\xff", count=7)
    spill.add(packed)
    later = Spill(tmp_path / "spill", limit=1 << 20, adopt=True)
    assert (len(spill), len(later)) == (7, 7)
    file = later.take()
    assert later.load(file) == packed
    later.forget(file)
    assert list((tmp_path / "spill").iterdir()) == []


def test_the_oldest_comes_first_and_numbers_go_on_after_a_restart(spill, tmp_path):
    for number in range(3):
        spill.add(batch(number))
    later = Spill(tmp_path / "spill", limit=1 << 20, adopt=True)
    later.add(batch(3))
    assert [later.take().id[-1] for _ in range(4)] == list("0123")
    assert later.take() is None


def test_a_forked_child_leaves_alone_what_is_there(spill, tmp_path):
    spill.add(batch(1))
    child = Spill(tmp_path / "spill", limit=1 << 20, adopt=False)
    assert child.take() is None


@pytest.mark.parametrize(
    "damage", [b"", b"\n", b"00000000\n{}\n", None], ids=["empty", "no body", "sum", "cut"]
)
def test_damage_is_noticed(spill, damage):
    spill.add(batch(1, body=b'{"some":"thing"}\n'))
    file = spill.take()
    file.path.write_bytes(file.path.read_bytes()[:-3] if damage is None else damage)
    with pytest.raises(CorruptError):
        spill.load(file)


def test_the_oldest_give_way_when_the_folder_is_full(tmp_path):
    spill = Spill(tmp_path, limit=1000, adopt=True)
    lost = [spill.add(batch(number, body=b"x" * 291)) for number in range(5)]  # 300 bytes each
    assert lost == [0, 0, 0, 5, 5]
    assert [spill.take().id[-1] for _ in range(3)] == list("234")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_what_was_set_aside_gives_way_first(tmp_path):
    spill = Spill(tmp_path, limit=1000, adopt=True)
    for number in range(3):
        spill.add(batch(number, body=b"x" * 291))
    spill.set_aside(spill.take())
    assert spill.add(batch(3, body=b"x" * 291)) == 0
    assert len(spill) == 15


def test_a_batch_larger_than_the_folder_may_be_is_lost(tmp_path):
    spill = Spill(tmp_path, limit=100, adopt=True)
    assert spill.add(batch(1, body=b"x" * 200)) == 5
    assert list(tmp_path.iterdir()) == []


def test_strange_files_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "00000001-5-x.batch").write_text("not ours")
    (tmp_path / "00000001-5-00000000-0000-4000-8000-000000000001.unfinished").write_text("cut off")
    assert len(Spill(tmp_path, limit=1000, adopt=True)) == 0


def test_full_batches_go_to_disk_while_the_server_is_away_and_come_back(
    make_worker, spill, server, fill, clock
):
    worker = make_worker(spill)
    server.script = [AWAY] * 3
    fill(10)
    worker.step()
    fill(25)
    clock.advance(worker.step())
    assert worker.left() == (15, 20)
    while not worker.idle:
        clock.advance(worker.step())
    assert worker.tally.accepted == 35
    assert spill.take() is None


def test_the_end_leaves_everything_to_disk(make_worker, spill, server, fill, tmp_path):
    worker = make_worker(spill)
    server.script = [AWAY]
    fill(25)
    worker.step()
    worker.end()
    assert (worker.left(), worker.tally.dropped) == ((0, 25), 0)
    later = make_worker(Spill(tmp_path / "spill", limit=1 << 20, adopt=True))
    while not later.idle:
        later.step()
    assert (later.tally.recovered, later.tally.accepted) == (25, 25)
    assert server.batches[0] in server.batches[1:]  # the same bytes under the same key


def test_an_end_while_a_batch_from_disk_is_tried_leaves_it_there(make_worker, spill, server, tmp_path):
    spill.add(batch(1))
    worker = make_worker(spill)
    server.script = [AWAY]
    worker.step()
    worker.end()
    assert len(Spill(tmp_path / "spill", limit=1 << 20, adopt=True)) == 5
    assert worker.left() == (0, 5)


def test_a_corrupt_batch_is_set_aside_and_stops_nothing(make_worker, spill, server, tmp_path):
    for number in range(3):
        spill.add(batch(number))
    sorted((tmp_path / "spill").iterdir())[1].write_bytes(b"garbage")
    worker = make_worker(spill)
    while not worker.idle:
        worker.step()
    assert (worker.tally.accepted, worker.tally.dropped) == (10, 5)
    assert [path.suffix for path in (tmp_path / "spill").iterdir()] == [".corrupt"]


def test_a_batch_that_another_process_sent_counts_as_arrived(make_worker, spill, tmp_path, server):
    spill.add(batch(1))
    for path in (tmp_path / "spill").iterdir():
        path.unlink()
    worker = make_worker(spill)
    worker.step()
    assert (worker.tally.duplicates, worker.tally.dropped, server.batches) == (5, 0, [])


def test_a_disk_that_can_not_be_written_leaves_the_queue_as_it_was(
    make_worker, server, fill, clock, tmp_path, buffer
):
    (tmp_path / "spill").write_text("a file where the folder should be")
    worker = make_worker(Spill(tmp_path / "spill", limit=1 << 20, adopt=True))
    server.script = [AWAY] * 2
    fill(10)
    worker.step()
    made = fill(20)
    worker.step()
    assert buffer.take(100) == made
    assert "can not write to disk" in worker.tally.last_error
    assert worker.tally.dropped == 0
