"""`quota`: what it asks of the server, and what it says."""

from datetime import UTC, datetime, timedelta

import pytest

TIME = "2026-11-20T12:00:00Z"
QUOTA = {
    "id": "q1", "owner": "ann", "bucket": "", "measure": "bytes", "limit": 10_000_000_000, "warnPercent": 80, "hard": True,
    "raised": None, "reason": "the small plan", "createdAt": TIME, "updatedAt": TIME, "updatedBy": "eve@x",
    "effectiveLimit": 10_000_000_000, "used": 9_000_000_000, "held": 8_000_000_000, "added": 1_000_000_000, "share": 0.9,
    "state": "warned", "since": TIME, "snapshotAt": TIME, "computedAt": TIME,
}  # fmt: skip
VIOLATION = {
    "id": "v1", "quotaId": "q1", "owner": "ann", "bucket": "", "measure": "bytes", "level": "warned", "used": 9, "limit": 10,
    "hard": True, "summary": "ann uses 9 B of 10 B stored.", "openedAt": TIME, "closedAt": None, "closedBy": "",
}  # fmt: skip
LIST, VIOLATIONS = "/api/quotas", "/api/admin/users/quota-violations"
NONE = {"items": [], "nextCursor": None, "total": 0}
SET = ("quota", "set", "--owner", "ann", "--reason", "the small plan")


def test_a_list_shows_who_uses_how_much(ran, server):
    server.answer("GET", LIST, {"items": [QUOTA], "nextCursor": None, "total": 1})
    said = ran("quota", "list", "--owner", "ann", "--state", "warned")
    assert (said.status, said.err) == (0, "")
    for words in ("ann", "(all)", "9 GB", "10 GB", "90.0 %", "warned", "q1"):
        assert words in said.out
    assert server.asked[0].query == {"owner": "ann", "state": "warned", "limit": "100"}
    assert ran("quota", "list", "--json").json["items"][0]["effectiveLimit"] == 10_000_000_000


@pytest.mark.parametrize(
    ("options", "measure", "limit"),
    [
        (["--bytes", "10GB"], "bytes", 10**10),
        (["--objects", "5"], "objects", 5),
        (["--operations", "0"], "operations", 0),
        (["--egress", "1TiB"], "egress", 2**40),
    ],
)
def test_setting_makes_a_quota_where_there_is_none(ran, server, options, measure, limit):
    server.answer("GET", LIST, NONE)
    server.answer("POST", LIST, QUOTA | {"measure": measure}, status=201)
    said = ran(*SET, *options, "--soft", "--warn", "70")
    assert (said.status, said.err) == (0, "")
    assert "ann may use" in said.out
    assert server.asked[1].body == {
        "owner": "ann", "bucket": "", "measure": measure, "limit": limit, "warnPercent": 70, "hard": False,
        "reason": "the small plan",
    }  # fmt: skip


def test_setting_changes_only_what_is_given_where_there_is_one(ran, server):
    other = QUOTA | {"id": "q2", "bucket": "photos"}
    server.answer("GET", LIST, {"items": [other, QUOTA], "nextCursor": None, "total": 2})
    server.answer("PATCH", "/api/quotas/q1", QUOTA)
    assert ran(*SET, "--bytes", "10GB", "--json").json["id"] == "q1"
    assert server.asked[1].body == {"limit": 10**10, "reason": "the small plan"}


@pytest.mark.parametrize(
    "options", [[], ["--bytes", "1GB", "--objects", "3"], ["--bytes", "plenty"], ["--objects", "1.5"]]
)
def test_what_is_no_limit_is_wrong_use(ran, server, options):
    assert ran(*SET, *options).status == 2
    assert server.asked == []


def test_a_raise_lasts_for_a_while(ran, server):
    server.answer("GET", "/api/quotas/q1", QUOTA)
    server.answer("POST", "/api/quotas/q1/raise", QUOTA | {"effectiveLimit": 2 * 10**10})
    said = ran("quota", "raise", "q1", "--to", "20GB", "--for", "7d", "--reason", "moves")
    assert (said.status, said.err) == (0, "")
    assert "ann may use 20 GB until" in said.out
    body = server.asked[1].body
    assert (body["limit"], body["reason"]) == (2 * 10**10, "moves")
    ahead = datetime.fromisoformat(body["until"]) - datetime.now(UTC)  # noqa: TID251 - the command runs by the real clock
    assert timedelta(days=6.9) < ahead <= timedelta(days=7)
    for lasts in ("soon", "99999999999d"):
        assert ran("quota", "raise", "q1", "--to", "20GB", "--for", lasts, "--reason", "moves").status == 2


def test_removing_asks_and_tells_why(ran, server):
    server.answer("DELETE", "/api/quotas/q1", None, status=204)
    assert ran("quota", "remove", "q1", "--reason", "left").status == 2
    assert ran("quota", "remove", "q1", "--reason", "left", "--yes").out == "Removed q1.\n"
    assert server.asked[0].query == {"reason": "left"}
    assert ran("quota", "remove", "q1", "--reason", "left", "--yes", "--json").json == {"removed": "q1"}


@pytest.mark.parametrize(
    ("change", "status"), [({}, 0), ({"level": "exceeded"}, 1), ({"level": "exceeded", "closedAt": TIME}, 0)]
)
def test_violations_end_so_when_something_is_exceeded(ran, server, change, status):
    server.answer("GET", VIOLATIONS, {"items": [VIOLATION | change], "nextCursor": None})
    said = ran("quota", "violations", "--all")
    assert said.status == status
    assert "ann uses 9 B of 10 B stored." in said.out
    assert server.asked[0].query == {"status": "all", "limit": "100"}
    assert ran("quota", "violations", "--json").json["items"][0]["quotaId"] == "q1"


def test_nobody_is_over(ran, server):
    server.answer("GET", VIOLATIONS, {"items": [], "nextCursor": None})
    assert ran("quota", "violations", "--level", "exceeded").out == "Nobody is over.\n"
