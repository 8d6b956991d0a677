"""`alert` and `webhook`: what they ask of the server, and what they say."""

import pytest

TIME = "2026-11-20T12:00:00Z"
ALERT = {
    "id": "a1", "bucket": "photos", "kind": "circuit_breaker_open", "severity": "critical", "status": "open",
    "summary": "The circuit breaker is open.", "openedAt": TIME, "endedAt": None, "resolvedAt": None,
    "resolvedBy": "", "notes": "",
}  # fmt: skip
WEBHOOK = {
    "id": "w1", "name": "desk", "url": "https://example.com/hook", "enabled": True, "allowPrivate": False,
    "secrets": 1, "disabledReason": "", "createdAt": TIME, "updatedAt": TIME,
}  # fmt: skip
MADE = WEBHOOK | {"secret": "whsec_AAAA"}
ATTEMPT = {"number": 1, "begunAt": TIME, "endedAt": TIME, "httpStatus": 204, "milliseconds": 7, "error": ""}
DELIVERY = {
    "id": "n1", "target": "desk", "event": "webhook.test", "subject": "s", "status": "delivered", "error": "",
    "createdAt": TIME, "nextAttemptAt": None, "finishedAt": TIME, "attempts": [ATTEMPT],
}  # fmt: skip
CASES = {
    "alert list --status open --bucket photos --limit 5": (
        "GET /api/health/alerts", {"items": [ALERT], "nextCursor": None}, None, "circuit_breaker_open",
    ),
    "alert show a1": ("GET /api/health/alerts/a1", ALERT, None, "critical"),
    "alert resolve a1 --notes seen": (
        "POST /api/health/alerts/a1/resolve", ALERT, {"notes": "seen"}, "Resolved circuit_breaker_open of photos.",
    ),
    "webhook add desk https://example.com/hook": (
        "POST /api/webhooks", MADE,
        {"name": "desk", "url": "https://example.com/hook", "allowPrivate": False}, "whsec_AAAA",
    ),
    "webhook edit desk --disable --new-secret --drop-old-secrets": (
        "PATCH /api/webhooks/desk", MADE,
        {"enabled": False, "newSecret": "", "dropOldSecrets": True}, "whsec_AAAA",
    ),
    "webhook edit desk --url https://example.com/": (
        "PATCH /api/webhooks/desk", WEBHOOK, {"url": "https://example.com/"}, "Saved desk.",
    ),
    "webhook list": ("GET /api/webhooks", {"items": [WEBHOOK], "nextCursor": None}, None, "enabled"),
    "webhook show desk": ("GET /api/webhooks/desk", WEBHOOK, None, "refused"),
    "webhook test desk": ("POST /api/webhooks/desk/test", DELIVERY, None, "desk took it: 204 in 7 ms."),
    "webhook remove desk --yes": ("DELETE /api/webhooks/desk", None, None, "Removed desk."),
    "webhook deliveries desk": (
        "GET /api/webhooks/desk/deliveries", {"items": [DELIVERY], "nextCursor": None}, None, "204 in 7 ms",
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", CASES)
def test_what_is_asked_and_said(ran, server, command):
    route, answer, body, words = CASES[command]
    server.answer(*route.split(" "), answer)
    said = ran(*command.split(" "))
    assert (said.status, said.err) == (0, "")
    assert words in said.out
    asked = server.asked[0]
    assert (f"{asked.method} {asked.path}", asked.body or None) == (route, body)


@pytest.mark.parametrize("command", CASES)
def test_json(ran, server, command):
    route, answer, _, _ = CASES[command]
    server.answer(*route.split(" "), answer)
    said = ran(*command.split(" "), "--json")
    assert (said.status, said.err) == (0, "")
    shown = said.json.get("items", [said.json])[0]
    wanted = (answer or {"removed": "desk"}).get("items", [answer or {"removed": "desk"}])[0]
    assert {name: shown[name] for name in wanted} == wanted


def test_filters_reach_the_server(ran, server):
    server.answer("GET", "/api/health/alerts", {"items": [], "nextCursor": None})
    assert "No alerts." in ran("alert", "list", "--status", "open", "--bucket", "photos").out
    assert server.asked[0].query == {"status": "open", "bucket": "photos", "limit": "50"}


def test_a_secret_comes_from_a_file(ran, server, tmp_path):
    server.answer("POST", "/api/webhooks", WEBHOOK)
    (tmp_path / "secret").write_text("whsec_BBBB\n")
    said = ran("webhook", "add", "desk", "https://example.com/", "--secret-file", str(tmp_path / "secret"))
    assert server.asked[0].body["secret"] == "whsec_BBBB"
    assert "whsec_BBBB" not in said.out


def test_a_test_that_fails_ends_so(ran, server):
    failed = DELIVERY | {"status": "failed", "error": "Connection refused."}
    server.answer("POST", "/api/webhooks/desk/test", failed)
    said = ran("webhook", "test", "desk")
    assert (said.status, said.out) == (1, "desk did not take it: Connection refused.\n")


def test_an_alert_that_goes_on_after_a_person_resolved_it(ran, server):
    resolved = ALERT | {"status": "resolved", "resolvedBy": "ann@x", "notes": "seen"}
    server.answer("GET", "/api/health/alerts/a1", resolved)
    assert "resolved, goes on" in ran("alert", "show", "a1").out
