"""Somebody's first day: from nothing to knowing what is in a bucket, by the command line alone."""

import pytest

from storekeeper import __version__

pytestmark = pytest.mark.slow

EMAIL = "admin@localhost"
PASSWORD = "correct horse battery staple"
FILES = {
    "users/ann/a b.txt": 10,
    "users/ann/photos/ü+%2F.jpg": 200,
    "users/bob/big.bin": 30_000,
    "shared/readme.md": 5,
}


@pytest.fixture
def bucket(rclone_s3, tmp_path):
    """(server, location) of a bucket that holds FILES."""
    (tmp_path / "served").mkdir()
    server = rclone_s3(tmp_path / "served")
    location = server.bucket()
    for name, size in FILES.items():
        path = tmp_path / "served" / location.bucket / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return server, location


@pytest.fixture
def signed_in(served, storekeeper):
    """The server of all these tests, each of whom has signed in from a home of their own."""
    ran = storekeeper("login", served.url, "--email", EMAIL, "--password-stdin", typed=PASSWORD + "\n")
    assert ran.status == 0, ran
    return served


def test_watching_a_bucket(signed_in, storekeeper, bucket):
    server, location = bucket
    assert storekeeper("whoami", "--json").json["role"] == "admin"
    assert "storekeeper bucket add" in storekeeper("bucket", "list").out

    add = ("bucket", "add", "data", f"s3://{location.bucket}", "--endpoint", server.endpoint)
    credentials = ("--access-key-id", server.credentials.access_key_id, "--secret-file", "-")
    added = storekeeper(*add, *credentials, "--json", typed=server.credentials.secret_access_key)
    assert added.json["test"]["ok"] is True
    assert storekeeper(*add).status == 2

    trial = storekeeper("bucket", "try-owner-pattern", "data", "users/{owner}/", "--json").json
    assert (trial["matched"], trial["unmatched"]) == (3, 1)
    edited = storekeeper("bucket", "edit", "data", "--owner-pattern", "users/{owner}/", "--json").json
    assert edited["ownerPattern"] == "users/{owner}/"

    assert storekeeper("inventory", "data").status == 1
    assert storekeeper("scan", "data", "--quote", "--json").json["basis"]
    scan = storekeeper("scan", "data", "--wait", "--json").json
    assert (scan["status"], scan["objects"], scan["bytes"]) == ("succeeded", 4, sum(FILES.values()))

    found = storekeeper("inventory", "data", "--json").json
    assert (found["objects"], found["bytes"]) == (4, sum(FILES.values()))
    owners = storekeeper("inventory", "data", "--by", "owner", "--json").json["items"]
    assert {(owner["name"], owner["bytes"]) for owner in owners} >= {("ann", 210), ("bob", 30_000)}
    largest = storekeeper("inventory", "data", "--by", "largest", "--limit", "1", "--json").json["items"]
    assert [(file["key"], file["size"]) for file in largest] == [("users/bob/big.bin", 30_000)]
    level = storekeeper("inventory", "data", "--prefix", "users/", "--json").json
    assert {(item["name"], item["objects"]) for item in level["items"]} == {
        ("users/ann/", 2),
        ("users/bob/", 1),
    }
    assert [each["status"] for each in storekeeper("scans", "data", "--json").json["items"]] == ["succeeded"]

    actions = [each["action"] for each in storekeeper("audit", "search", "--json").json["items"]]
    assert "bucket.create" in actions or any(action.startswith("bucket") for action in actions)
    assert storekeeper("bucket", "remove", "data", "--yes").status == 0
    assert storekeeper("bucket", "show", "data").status == 2


def test_a_key_may_do_what_its_scope_says(signed_in, storekeeper, environment):
    key = storekeeper("token", "create", "reader", "--expires", "1d", "--json").json
    assert storekeeper("token", "list", "--json").json["items"][0]["name"] == "reader"

    environment |= {"STOREKEEPER_URL": signed_in.url, "STOREKEEPER_TOKEN": key["secret"]}
    assert storekeeper("bucket", "list").status == 0
    assert storekeeper("user", "list").status == 4
    del environment["STOREKEEPER_TOKEN"]

    assert storekeeper("token", "revoke", "reader").status == 0
    environment["STOREKEEPER_TOKEN"] = key["secret"]
    assert storekeeper("bucket", "list").status == 4


def test_jobs(signed_in, storekeeper):
    names = [job["name"] for job in storekeeper("job", "list", "--json").json["items"]]
    assert "housekeeping" in names

    run_id = storekeeper("job", "run", "housekeeping", "--json").json["runId"]
    assert storekeeper("job", "show", run_id, "--json").json["job"] == "housekeeping"
    assert run_id in [run["id"] for run in storekeeper("job", "runs", "housekeeping", "--json").json["items"]]
    assert storekeeper("job", "purge", "--yes", "--json").json == {"purged": 0}
    assert storekeeper("job", "run", "nonsense").status == 2


def test_signing_out_ends_it(signed_in, storekeeper):
    assert storekeeper("logout").status == 0
    assert storekeeper("whoami").status == 3 or storekeeper("whoami").status == 4


def test_what_goes_wrong_at_the_bucket_is_told(signed_in, storekeeper, bucket):
    server, location = bucket
    add = ("bucket", "add", "data", f"s3://{location.bucket}", "--endpoint", server.endpoint)

    added = storekeeper(*add, "--access-key-id", "WRONG", "--secret-file", "-", typed="wrong")
    assert added.status == 1
    assert "✗" in added.out

    waited = storekeeper("scan", "data", "--wait")
    assert waited.status == 1
    assert waited.err.startswith("Error: The scan of data ended as dead")
    assert storekeeper("bucket", "remove", "data", "--yes").status == 0


def test_a_second_server_is_refused(served, storekeeper, free_port):
    taken = storekeeper("serve", "--data-dir", "elsewhere", "--port", served.url.rpartition(":")[2])
    assert taken.status == 2
    assert "Can not listen" in taken.err

    second = storekeeper("serve", "--data-dir", str(served.data), "--port", str(free_port()))
    assert second.status == 1
    assert f"Process {served.process.pid} is using" in second.err


def test_people_and_keys(signed_in, storekeeper):
    made = storekeeper("user", "add", "ann@example.com", "--role", "readonly", "--json").json
    assert made["generatedPassword"]
    assert storekeeper("user", "set-role", "ann@example.com", "admin", "--json").json["role"] == "admin"
    assert storekeeper("user", "disable", "ann@example.com", "--json").json["disabled"] is True
    assert storekeeper("user", "enable", "ann@example.com").status == 0
    assert storekeeper("user", "reset-password", "ann@example.com", "--json").json["password"]
    assert storekeeper("user", "disable", EMAIL).status == 0  # nobody signs in after this test
    assert storekeeper("whoami").status == 4


def test_the_doctor_while_serving_and_after(served, storekeeper, environment):
    environment["STOREKEEPER_PUBLIC_URL"] = served.url
    data = ("--data-dir", str(served.data))
    serving = storekeeper("doctor", *data, "--json").json
    assert serving["ok"], serving
    assert served.url in str(serving)

    assert served.process.poll() is None
    served.process.terminate()  # no test comes after this one
    assert served.process.wait(30) == 0

    after = storekeeper("doctor", *data, "--json").json
    assert {check["state"] for check in after["checks"]} == {"ok"}, after
    assert __version__ in str(after)
    assert storekeeper("migrate", *data).status == 0
