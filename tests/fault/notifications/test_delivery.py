"""Receivers of all kinds: those that take it, refuse, lead elsewhere, are slow, or hang up."""

import base64
import hashlib
import hmac
import ipaddress
import json
import socket
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from storekeeper.notifications.model import (
    BadWebhookError,
    DeliveryStatus,
    UnknownWebhookError,
    WebhookChange,
    WebhookExistsError,
)

DELIVERED, FAILED, PENDING = DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.PENDING


def signature(secret, came):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{came.headers['webhook-id']}.{came.headers['webhook-timestamp']}.".encode() + came.body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def test_a_notification_arrives_signed_and_once(told, receiver):
    made = told.add("desk", receiver.url + "/200?a=b")
    told.tell()
    (sent,) = told.sent()
    (came,) = receiver.came
    assert (sent.status, sent.event, len(sent.attempts)) == (DELIVERED, "alert.opened", 1)
    assert sent.attempts[0].http_status == 200
    assert came.path == "/200?a=b"
    assert came.headers["webhook-id"] == sent.id
    assert came.headers["webhook-signature"] == signature(made.secret, came)
    assert json.loads(came.body) == {
        "type": "alert.opened",
        "timestamp": "2026-11-20T12:00:00Z",
        "data": {"bucket": "photos", "summary": "déjà vu"},
    }
    told.clock.advance(10**6)
    assert told.sent()[0].attempts == sent.attempts
    assert len(receiver.came) == 1


def test_the_log_is_told_too(told):
    told.tell()
    with capture_logs() as logs:
        told.service.deliver_due()
    (written,) = [one for one in logs if one["event"] == "alert.opened"]
    assert written["about"]["bucket"] == "photos"
    assert told.service.counts() == {"delivered": 1}


@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        ("500", "It answered 500."),
        ("404", "It answered 404."),
        ("302-http://127.0.0.1:1/", "It answered 302; redirects are not followed."),
        ("hang", "No answer in time."),
        ("cut", "The connection broke before the answer."),
        ("garbage", "The answer is not valid HTTP."),
    ],
)
def test_a_failure_is_recorded_and_tried_again_with_the_same_id(told, receiver, behavior, error):
    told.add("desk", receiver.url + "/")
    receiver.behavior = behavior
    told.tell()
    (sent,) = told.sent()
    assert (sent.status, sent.error) == (PENDING, error)
    assert sent.next_attempt_at == told.clock.now() + timedelta(seconds=5)
    assert len(told.sent()[0].attempts) == 1  # not before it is due
    receiver.behavior = "200"
    told.clock.advance(5)
    (sent,) = told.sent()
    assert (sent.status, [one.error for one in sent.attempts]) == (DELIVERED, [error, ""])
    first, second = receiver.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.body == second.body


def test_retry_after_is_honored(told, receiver):
    told.add("desk", receiver.url + "/429-120")
    told.tell()
    assert told.sent()[0].next_attempt_at == told.clock.now() + timedelta(seconds=120)
    told.clock.advance(119)
    assert len(told.sent()[0].attempts) == 1
    told.clock.advance(1)
    (sent,) = told.sent()
    assert len(sent.attempts) == 2
    assert sent.next_attempt_at == told.clock.now() + timedelta(minutes=5)  # longer than what was asked for


def test_after_ten_attempts_it_is_given_up(told, receiver):
    told.add("desk", receiver.url + "/503")
    told.tell()
    for _ in range(20):
        (sent,) = told.sent()
        told.clock.advance(86400)
    assert (sent.status, len(sent.attempts), sent.next_attempt_at) == (FAILED, 10, None)
    assert told.service.counts() == {"delivered": 1, "failed": 1}  # the log, the webhook


def test_gone_disables_the_webhook_and_fails_what_waits(told, receiver):
    told.add("desk", receiver.url + "/410")
    told.tell()
    told.tell()
    assert [one.status for one in told.sent()] == [FAILED, FAILED]
    assert len(receiver.came) == 1
    webhook = told.service.webhooks.get("desk")
    assert (webhook.enabled, webhook.disabled_reason) == (False, "It answered 410 Gone.")
    told.tell()
    assert len(told.sent()) == 2
    told.service.webhooks.edit("desk", WebhookChange(enabled=True), actor="ann@x")
    told.tell()
    assert len(told.sent()) == 3
    assert [one.action for one in told.audit.page(action="webhook").items] == [
        "webhook.disable", "webhook.update", "webhook.disable", "webhook.create"
    ]  # fmt: skip


def test_an_answer_is_not_read_for_ever(told, receiver):
    told.add("desk", receiver.url + "/flood")
    told.tell()
    assert told.sent()[0].status is DELIVERED
    assert receiver.flooded < 64 << 20  # what fits into the buffers on the way, and no more


def test_a_connection_that_is_refused(told, free_port):
    told.add("desk", f"http://127.0.0.1:{free_port()}/")
    told.tell()
    assert told.sent()[0].error == "Connection refused."


def test_a_plain_server_is_not_taken_for_an_encrypted_one(told, receiver):
    told.add("desk", receiver.url.replace("http:", "https:"))
    told.tell()
    assert told.sent()[0].error == "The TLS handshake failed."


# Secrets


def test_two_secrets_sign_while_receivers_are_moved(told, receiver):
    old = told.add("desk", receiver.url + "/200").secret
    new = told.service.webhooks.edit("desk", WebhookChange(new_secret=""), actor="ann@x").secret
    told.tell()
    told.sent()
    assert set(receiver.came[0].headers["webhook-signature"].split()) == {
        signature(one, receiver.came[0]) for one in (old, new)
    }
    assert (
        told.service.webhooks.edit("desk", WebhookChange(drop_old_secrets=True), actor="ann@x").secrets == 1
    )
    told.tell()
    told.sent()
    assert receiver.came[1].headers["webhook-signature"] == signature(new, receiver.came[1])


def test_a_secret_is_stored_sealed_and_told_to_nobody(told, receiver, tmp_path):
    secret = told.add("desk", receiver.url + "/200").secret
    given = "whsec_" + base64.b64encode(b"k" * 32).decode()
    assert told.add("other", receiver.url + "/200", secret=given).secret is None
    told.tell()
    told.service.deliver_due()
    told.database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("control.db*"))
    for one in (secret, given):
        assert one.encode() not in stored
        assert one.removeprefix("whsec_").encode() not in stored
    assert b"127.0.0.1" in stored


def test_at_most_three_secrets(told, receiver):
    told.add("desk", receiver.url + "/200")
    for _ in range(2):
        told.service.webhooks.edit("desk", WebhookChange(new_secret=""), actor="ann@x")
    with pytest.raises(BadWebhookError, match="at most 3"):
        told.service.webhooks.edit("desk", WebhookChange(new_secret=""), actor="ann@x")


# Where it goes


@pytest.fixture
def resolver(monkeypatch):
    """`resolver["name"] = [address, …]`; each question takes the next list, the last one stays."""
    known, real = {}, socket.getaddrinfo

    def answer(host, port, *rest, **options):
        if host not in known:
            return real(host, port, *rest, **options)
        found = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "::1", "fd00::1", "fe80::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "0.0.0.0"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_spoken_to(told, receiver, resolver, address):
    resolver["inside.example"] = [[address]]
    told.add("desk", f"https://inside.example:{receiver.port}/200", allow_private=False)
    told.tell()
    (sent,) = told.sent()
    assert sent.status is PENDING
    assert sent.error.startswith(f"{ipaddress.ip_address(address)} is ")
    assert receiver.came == []


def test_one_address_inside_among_good_ones_is_enough(told, receiver, resolver):
    resolver["mixed.example"] = [["93.184.215.14", "127.0.0.1"]]
    told.add("desk", f"https://mixed.example:{receiver.port}/200", allow_private=False)
    told.tell()
    assert told.sent()[0].error == "127.0.0.1 is a loopback address."


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(told, receiver, resolver):
    """A name that turns to another address after it was checked gains nothing: it is asked for once."""
    resolver["turning.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    told.add("desk", f"http://turning.example:{receiver.port}/200")
    told.tell()
    assert told.sent()[0].status is DELIVERED
    assert receiver.came[0].headers["host"] == f"turning.example:{receiver.port}"
    assert len(resolver["turning.example"]) == 1


def test_metadata_services_are_out_of_reach_also_where_private_addresses_are_allowed(told, resolver):
    resolver["inside.example"] = [["169.254.169.254"]]
    told.add("desk", "http://inside.example/")
    told.tell()
    assert told.sent()[0].error == "169.254.169.254 is a cloud metadata service."


def test_a_name_that_does_not_resolve(told):
    told.add("desk", "https://nowhere.invalid/", allow_private=False)
    told.tell()
    assert told.sent()[0].error == "nowhere.invalid does not resolve."


def test_redirects_inside_are_not_followed(told, receiver):
    told.add("desk", f"{receiver.url}/302-{receiver.url}/200")
    told.tell()
    told.sent()
    assert [one.path for one in receiver.came] == [f"/302-{receiver.url}/200"]


def test_private_addresses_need_to_be_allowed_when_it_is_added_and_edited(told, receiver):
    with pytest.raises(BadWebhookError):
        told.add("desk", "https://127.0.0.1/", allow_private=False)
    told.add("desk", receiver.url)
    with pytest.raises(BadWebhookError):
        told.service.webhooks.edit("desk", WebhookChange(allow_private=False), actor="ann@x")
    assert told.service.webhooks.get("desk").allow_private


# Names, tests, removal


def test_a_name_is_taken_once(told, receiver):
    told.add("desk", receiver.url)
    with pytest.raises(WebhookExistsError):
        told.add("desk", receiver.url)
    with pytest.raises(UnknownWebhookError):
        told.service.webhooks.get("nobody")


@pytest.mark.parametrize(("path", "status"), [("/200", DELIVERED), ("/500", FAILED)])
def test_a_test_is_sent_at_once_and_once(told, receiver, path, status):
    told.add("desk", receiver.url + path)
    sent = told.service.test("desk", actor="ann@x")
    assert (sent.status, sent.event) == (status, "webhook.test")
    told.clock.advance(86400)
    told.sent()
    assert len(receiver.came) == 1


def test_what_waits_for_a_webhook_fails_when_it_is_disabled_or_removed(told, receiver):
    told.add("desk", receiver.url + "/500")
    told.tell()
    told.sent()
    told.service.webhooks.edit("desk", WebhookChange(enabled=False), actor="ann@x")
    (sent,) = told.sent()
    assert (sent.status, sent.error) == (FAILED, "The webhook was disabled.")
    told.service.webhooks.edit("desk", WebhookChange(enabled=True), actor="ann@x")
    told.tell()
    told.service.webhooks.remove("desk", actor="ann@x")
    told.service.deliver_due()
    assert told.service.counts() == {"delivered": 2, "failed": 2}


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(told, receiver):
    told.add("desk", receiver.url + "/200")
    told.tell()
    told.sent()
    told.clock.advance(91 * 86400)
    receiver.behavior = "500"
    told.tell()
    told.sent()
    assert told.service.forget_old() == 2
    assert [one.status for one in told.service.deliveries("desk").items] == [PENDING]


def test_pages_of_deliveries_follow_one_another(told, receiver):
    told.add("desk", receiver.url + "/200")
    for _ in range(5):
        told.tell()
    every = [one.id for one in told.sent()]
    seen, cursor = [], ""
    while cursor is not None:
        page = told.service.deliveries("desk", cursor=cursor, limit=2)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
    assert seen == every
    assert len(every) == 5
