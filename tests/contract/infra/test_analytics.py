"""Statements of the analytics engine run within their own bounds, and use the machine."""

import os
import sys
from pathlib import Path

import pytest

from engines import open_engine
from storekeeper.infra.analytics import UNPACKED
from storekeeper.kernel.errors import UnavailableError

pytestmark = pytest.mark.slow

NOTE = "INSERT INTO noted SELECT toUInt64(getSetting('max_execution_time')), toUInt64(getSetting('max_threads')), {number:UInt64}"


@pytest.fixture
def engine(tmp_path):
    opened = open_engine(tmp_path)
    opened.command("CREATE TABLE noted (seconds UInt64, threads UInt64, number UInt64) ENGINE = Memory")
    yield opened
    opened.close()


def test_settings_hold_for_the_one_statement_that_fills(engine):
    engine.fill(NOTE, settings={"max_threads": 1}, number=7)
    engine.fill(NOTE, seconds=5, settings={"max_threads": 3}, number=8)
    found = engine.rows("SELECT * FROM noted ORDER BY number")
    assert [tuple(row.values()) for row in found] == [(600, 1, 7), (5, 3, 8)]
    assert engine.row("SELECT getSetting('max_execution_time') AS seconds")["seconds"] == 20


def test_what_takes_longer_than_it_may_is_told(engine):
    slow = "INSERT INTO noted SELECT sleepEachRow(0.1), 0, 0 FROM numbers(30)"
    with pytest.raises(UnavailableError, match="TIMEOUT_EXCEEDED"):
        engine.fill(slow, seconds=1, settings={"max_block_size": 1})


@pytest.mark.skipif(os.cpu_count() == 1, reason="there is one core")
def test_a_statement_uses_several_cores(engine):
    """Without a word from us the engine gives each thread a gigabyte, and all that it has are two."""
    steps = engine.rows("EXPLAIN PIPELINE SELECT sum(cityHash64(number)) FROM numbers_mt(100000000)")
    assert any("NumbersRange ×" in step["explain"] for step in steps), steps


def test_a_statement_that_runs_beside_another_leaves_it_half_of_the_cores(engine):
    threads = engine.row(f"SELECT getSetting('max_threads') AS threads SETTINGS {engine.half}")["threads"]
    assert threads == max(os.cpu_count() // 2, 1)


def test_memory_is_kept_for_the_next_statement(engine):
    """The engine reads that once, when it is loaded."""
    told = "\n".join(row["stats"] for row in engine.rows("SELECT * FROM system.jemalloc_stats"))
    assert "opt.dirty_decay_ms: 60000" in told


def test_reads_that_come_back_keep_what_they_have_unpacked(engine):
    limit = "SELECT value FROM system.server_settings WHERE name = 'uncompressed_cache_size'"
    assert int(engine.row(limit)["value"]) > 0
    asked = f"SELECT toUInt8(getSetting('use_uncompressed_cache')) AS asked SETTINGS {UNPACKED}"
    assert engine.row(asked)["asked"] == 1


def test_no_read_waits_to_be_compiled(engine):
    names = ("compile_expressions", "compile_aggregate_expressions", "compile_sort_description")
    told = engine.row("SELECT " + ", ".join(f"toUInt8(getSetting('{name}')) AS {name}" for name in names))
    assert told == dict.fromkeys(names, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
def test_merging_gives_way_to_reading(engine):
    engine.version()
    tasks = list(Path("/proc/self/task").iterdir())
    names = {int(task.name): (task / "comm").read_text().strip() for task in tasks}
    nice = {name: os.getpriority(os.PRIO_PROCESS, number) for number, name in names.items()}
    assert nice["MergeMutate"] > nice["ThreadPool"]
