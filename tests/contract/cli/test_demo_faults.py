"""The faults of a demo that runs: found, switched and looked at, by the command and by HTTP."""

import http.client
import json
import tempfile
from urllib.parse import urlsplit

import pytest

from storekeeper.cli.local.demo.outage import outage
from storekeeper.cli.local.demo.outage.asking import Control, find
from storekeeper.cli.local.demo.outage.model import TOLD_IN
from storekeeper.cli.local.demo.outage.script import play
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import NO_RETRY, open_store, parse_location
from storekeeper.objectstore.errors import ServerFaultError
from storekeeper.objectstore.faulty import Switch

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where demos have their folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def folder(place):
    folder = place / "storekeeper-demo-abc"
    folder.mkdir()
    return folder


@pytest.fixture
def fresh(rclone_server, folder):
    """The faulty endpoint of a demo, as a process."""
    with outage(rclone_server.endpoint, folder) as running:
        yield running


@pytest.fixture(scope="module")
def shared(rclone_server, tmp_path_factory):
    """(where demos have their folders, the endpoint of the one that runs there)"""
    place = tmp_path_factory.mktemp("demos")
    folder = place / "storekeeper-demo-abc"
    folder.mkdir()
    with outage(rclone_server.endpoint, folder) as running:
        yield place, running


@pytest.fixture
def running(shared, monkeypatch):
    """One for all that only switch: in the end everything is off."""
    place, running = shared
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield running
    by_http(running.control, "DELETE")


def switches(ran):
    return {each["switch"]: each for each in ran.json["switches"]}


def by_http(url, method="GET", body=None):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request(method, parts.path, body)
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    return answer.status, told


def test_without_a_demo(run, place):
    ran = run("demo", "fault", "slow")
    assert (ran.status, ran.out) == (3, "")
    assert "No demo of yours runs" in ran.err


def test_the_command_switches_what_applications_see(run, fresh, rclone_server):
    location = rclone_server.bucket()
    behind = parse_location(f"s3://{location.bucket}", endpoint=fresh.endpoint)
    store = open_store(behind, rclone_server.credentials, clock=SystemClock(), retry=NO_RETRY)
    store.put("k", b"body")

    assert run("demo", "fault").out == "All is well: no fault is on.\n"
    on = switches(run("demo", "fault", "500s", "--json"))
    assert on == {"500s": {"switch": "500s", "share": 1.0, "secondsLeft": None, "requests": 0}}
    with pytest.raises(ServerFaultError):
        store.get("k")
    assert switches(run("demo", "fault", "--json"))["500s"]["requests"] == 1
    assert run("demo", "fault", "off", "--json").json == {"requests": 2, "switches": []}
    assert store.get("k") == b"body"
    store.close()


def test_for_a_share_and_a_time(run, running):
    run("demo", "fault", "slow", "--for", "1h", "--share", "0.25")
    shown = run("demo", "fault", "refuse")
    assert shown.status == 0
    assert "25.0 %" in shown.out
    on = switches(run("demo", "fault", "--json"))
    assert set(on) == {"slow", "refuse"}
    assert on["slow"]["share"] == 0.25
    assert 3500 < on["slow"]["secondsLeft"] <= 3600


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explode",), "There is no switch 'explode'"),
        (("slow", "--for", "soon"), "'soon' is not a time"),
        (("slow", "--for", "0s"), "'0s' is not a time"),
        (("slow", "--share", "2"), "--share"),
    ],
)
def test_wrong_use(run, running, arguments, words):
    ran = run("demo", "fault", *arguments)
    assert ran.status == 2
    assert words in ran.err
    assert switches(run("demo", "fault", "--json")) == {}


def test_by_http(running):
    url = running.control
    status, told = by_http(f"{url}/slow", "PUT", b'{"share": 0.5, "seconds": 3600}')
    assert (status, json.loads(told)["switches"][0]["share"]) == (200, 0.5)
    by_http(f"{url}/refuse", "PUT")
    assert len(json.loads(by_http(url)[1])["switches"]) == 2
    status, told = by_http(f"{url}/slow", "DELETE")
    assert [each["switch"] for each in json.loads(told)["switches"]] == ["refuse"]
    assert json.loads(by_http(url, "DELETE")[1])["switches"] == []


@pytest.mark.parametrize("body", [b"{", b'{"share": 0}', b'{"share": "half"}', b'{"seconds": -1}'])
def test_what_makes_no_sense_is_refused_in_words(running, body):
    status, told = by_http(f"{running.control}/slow", "PUT", body)
    assert status == 400
    assert told.strip()
    assert by_http(f"{running.control}/explode", "PUT")[0] == 400
    assert json.loads(by_http(running.control)[1])["switches"] == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nobody_else_reaches_it(running, method):
    root = running.control.rpartition("/")[0]
    for path in ("/", "/slow", "/" + "x" * 22 + "/slow", "//slow"):
        assert by_http(root + path, method) == (404, b"")
    assert json.loads(by_http(running.control)[1])["switches"] == []


def test_what_a_killed_demo_or_somebody_else_has_left_is_not_asked(fresh, place, run):
    for name, told in {
        "killed": {"endpoint": "", "control": "http://127.0.0.1:1/gone"},
        "other": {"endpoint": "", "control": fresh.control.rpartition("/")[0] + "/guessed"},
    }.items():
        left = place / f"storekeeper-demo-{name}"
        left.mkdir()
        (left / TOLD_IN).write_text(json.dumps(told))
    broken = place / "storekeeper-demo-broken"
    broken.mkdir()
    (broken / TOLD_IN).write_text("{")
    (place / "storekeeper-demo-link").symlink_to(place / "storekeeper-demo-other")
    assert find().url == fresh.control
    assert run("demo", "fault").status == 0


def test_it_is_told_of_only_while_it_runs(rclone_server, folder):
    with outage(rclone_server.endpoint, folder):
        assert find(folder.parent) is not None
    assert not (folder / TOLD_IN).exists()
    assert find(folder.parent) is None


def test_the_script_plays_one_fault_after_the_other_and_announces_each(running):
    control, heard, seen = Control(running.control), [], []

    def wait(seconds):
        seen.append((seconds, [each.switch for each in control.state().switches]))
        control.turn_off()  # as if the time had passed
        return len(seen) == 2 * len(Switch)

    play(control, wait, heard.append)
    assert [seconds for seconds, _ in seen] == [120, 60] * len(Switch)
    assert [on for _, on in seen[::2]] == [[]] * len(Switch)
    assert {on[0] for _, on in seen[1::2]} == set(Switch)
    assert heard[0] == "Fault: slow for 1m, 100.0 % of the requests."
    assert heard[1] == "The fault slow is over."


def test_the_script_goes_on_when_the_control_does_not_answer(free_port):
    heard, waits = [], iter([False, False, True])
    play(Control(f"http://127.0.0.1:{free_port()}/x"), lambda _: next(waits), heard.append)
    assert len(heard) == 2
    assert all("could not be switched on" in line for line in heard)
