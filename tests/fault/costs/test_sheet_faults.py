"""Price sheets and budgets when the disk, the process or the database fails: old or new, never half, and nothing untold."""

import subprocess
import sys
from datetime import date

import pytest

from engines import open_database
from storekeeper.audit import AuditTrail
from storekeeper.costs.editing import SheetEditor
from storekeeper.costs.editing.model import NewSheet
from storekeeper.costs.sheets import files, load
from storekeeper.costs.sheets.writing import OwnPrices, text_of
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.errors import UnavailableError

KILLS = 2
SAVING = """
import sys
from itertools import count
from pathlib import Path
from storekeeper.costs.sheets import files

folder, text = Path(sys.argv[1]), sys.stdin.read()
for number in count():
    padded = text + "# " + str(number) * 20_000 + "\\n"
    files.publish(files.lay(folder, "cellar.toml", padded), "cellar.toml")
    if number == 3:
        print("running", flush=True)
"""


def sheet(storage):
    prices = OwnPrices(title="Cellar", provider="folder", currency="EUR", storage=storage)
    return text_of(prices, date(2026, 11, 20))


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_a_whole_file(tmp_path):
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVING, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(sheet("0.004"))
        process.stdin.close()
        assert process.stdout.readline() == "running\n"
        process.kill()
        process.wait()
        process.stdout.close()
        book = load(tmp_path)
        assert book.problems == ()
        assert book.series("folder", "here")[0].title == "Cellar"
        assert {one.name for one in tmp_path.iterdir()} <= {"cellar.toml", ".cellar.toml.new"}


@pytest.fixture
def database(tmp_path):
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def save(database, tmp_path):
    """Nothing here gets as far as to have costs worked out."""
    clock = ManualClock()
    editor = SheetEditor(database, None, AuditTrail(database, clock), clock, data_dir=tmp_path)
    return lambda text, digest="": editor.save(
        "cellar.toml", NewSheet(text=text, digest=digest), actor="eve@x"
    )


def audited(database):
    with database.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM audit_record").scalar_one()


def test_a_folder_that_can_not_be_written_is_told_and_nothing_is_recorded(save, database, tmp_path):
    (tmp_path / "prices").write_text("a file where the folder should be")
    with pytest.raises(UnavailableError, match="can not be written"):
        save(sheet("0.004"))
    assert audited(database) == 0


def test_a_sheet_is_not_changed_when_that_can_not_be_recorded(save, database, tmp_path):
    folder = tmp_path / "prices"
    files.publish(files.lay(folder, "cellar.toml", sheet("0.004")), "cellar.toml")
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_record RENAME TO away")
    with pytest.raises(UnavailableError):
        save(sheet("0.009"), files.digest_of(sheet("0.004")))
    assert files.find(folder, "cellar.toml").text == sheet("0.004")
    assert [one.name for one in folder.iterdir()] == ["cellar.toml"]
