"""Permissions found out, and granted by our own advice, at a server that checks signatures and IAM policies."""

import json
import urllib.request

import pytest

from sessions import new_session
from storekeeper.kernel.clock import ManualClock, SystemClock
from storekeeper.objectstore import NO_RETRY, Credentials, examine, least_privilege_policy, open_store
from storekeeper.objectstore.folder import FolderStore
from storekeeper.objectstore.memory import MemoryStore
from storekeeper.objectstore.policy import EVERYTHING

BUCKET = "photos"
READ_OBJECTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}],
}
LIST_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}],
}
USERS = {
    "everything": least_privilege_policy(BUCKET, "aws", EVERYTHING),
    "read-only": least_privilege_policy(BUCKET, "aws"),
    "read-objects": READ_OBJECTS,
    "list-only": LIST_ONLY,
}


@pytest.fixture(scope="module")
def users(strict_moto_s3):
    """Credentials by name, each of a user with exactly that policy; the server enforces from here on."""
    root = {
        "endpoint_url": strict_moto_s3.endpoint,
        "aws_access_key_id": "root",
        "aws_secret_access_key": "root",
        "region_name": "us-east-1",
    }
    s3, iam = new_session().client("s3", **root), new_session().client("iam", **root)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a b", Body=b"x")
    made = {}
    for name, policy in USERS.items():
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made[name] = Credentials(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    s3.close()
    iam.close()
    enforce = urllib.request.Request(
        f"{strict_moto_s3.endpoint}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}, method="POST"
    )
    urllib.request.urlopen(enforce).close()
    return made


@pytest.fixture
def outcomes(strict_moto_s3):
    def ask(credentials, *, write=True):
        store = open_store(strict_moto_s3.location(BUCKET), credentials, clock=SystemClock(), retry=NO_RETRY)
        findings = examine(store, write=write)
        store.close()
        return {finding.check: str(finding.outcome) for finding in findings}, findings

    return ask


def test_our_policy_grants_all_that_it_promises(users, outcomes):
    found, findings = outcomes(users["everything"])
    assert found == dict.fromkeys(("list", "read", "write", "delete", "uploads", "versions"), "ok")
    assert all(finding.ok for finding in findings)


def test_the_probe_leaves_nothing_behind(users, strict_moto_s3):
    store = open_store(strict_moto_s3.location(BUCKET), users["everything"], clock=SystemClock())
    examine(store, write=True)
    assert store.list_page().objects["key"].to_pylist() == ["a b"]
    store.close()


def test_our_read_only_policy_grants_nothing_more(users, outcomes):
    found, findings = outcomes(users["read-only"])
    assert found == {
        "list": "ok",
        "read": "ok",
        "write": "missing",
        "delete": "missing",
        "uploads": "ok",
        "versions": "ok",
    }
    assert [finding.missing_permission for finding in findings if not finding.ok] == [
        "s3:PutObject",
        "s3:DeleteObject",
    ]


def test_without_the_wish_nothing_is_written(users, outcomes):
    found, _ = outcomes(users["read-only"], write=False)
    assert set(found) == {"list", "read", "uploads", "versions"}


def test_each_missing_permission_is_told_apart(users, outcomes):
    found, findings = outcomes(users["list-only"], write=False)
    assert found == {"list": "ok", "read": "missing", "uploads": "missing", "versions": "missing"}
    assert {finding.missing_permission for finding in findings} == {
        "",
        "s3:GetObject",
        "s3:ListBucketMultipartUploads",
        "s3:GetBucketVersioning",
    }
    found, findings = outcomes(users["read-objects"], write=False)
    assert (found["list"], found["read"]) == ("missing", "ok")
    assert findings[0].required
    assert findings[0].hint == "Grant s3:ListBucket to these credentials."


def test_wrong_keys_and_wrong_secrets_end_the_examination(users, outcomes):
    known = users["everything"].access_key_id
    for access_key_id in ("AKIAUNKNOWNUNKNOWN00", known):
        found, findings = outcomes(
            Credentials(access_key_id=access_key_id, secret_access_key="not-the-secret")
        )
        assert found == {"list": "failed"}
        assert findings[0].problem == "wrong-credentials"
        assert "not-the-secret" not in repr(findings)


def test_folders_and_memory_need_nothing(tmp_path):
    for store in (FolderStore(str(tmp_path)), MemoryStore(ManualClock())):
        assert all(finding.ok for finding in examine(store, write=True))
        assert store.list_page().objects.num_rows == 0
    assert list(tmp_path.iterdir()) == []


def test_a_provider_without_versions_is_well_all_the_same(rclone_server):
    store = rclone_server.open(rclone_server.bucket())
    assert all(finding.ok for finding in examine(store, write=True))
    store.close()


@pytest.mark.parametrize(
    ("provider", "words"), [("r2", "Object Read only"), ("b2", "listFiles"), ("gcs", "Viewer")]
)
def test_other_providers_get_words(provider, words):
    assert words in least_privilege_policy(BUCKET, provider)["advice"]
    assert BUCKET in least_privilege_policy(BUCKET, provider)["advice"]


def test_writing_is_asked_for_below_the_probe_prefix_only():
    statements = {tuple(item["Action"]): item["Resource"] for item in USERS["everything"]["Statement"]}
    assert statements["s3:DeleteObject", "s3:PutObject"] == f"arn:aws:s3:::{BUCKET}/.storekeeper/probe/*"
