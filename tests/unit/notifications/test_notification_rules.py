"""Where notifications may go, how they are signed, when they are tried again."""

import base64
import hashlib
import hmac
import ipaddress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.notifications import rules
from storekeeper.notifications.model import BadWebhookError, Claim, DeliveryStatus, Reply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATUSES = st.integers(0, 599)


def claim(body="{}", attempt=1):
    return Claim(id="019e", target="w", event="alert.opened", body=body, attempt=attempt)


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?token=a%20b", "https://example.com:8443/", "https://93.184.215.14/"]
)
def test_addresses_of_the_open_internet_are_accepted(url):
    assert rules.check_url(url, allow_private=False).hostname


INSIDE = [
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fd12::1]/",
    "https://[fec0::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::1]/",
    "http://example.com/",
]
NEVER = [
    "https://169.254.169.254/latest",
    "https://[fe80::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[fd00:ec2::254]/",
    "https://100.100.100.200/",
    "https://metadata.google.internal./",
    "https://224.0.0.1/",
    "https://user:password@example.com/",
    "https://example.com/#part",
    "https://example.com\\@10.0.0.1/",
    "https://example.com/\n",
    "https://exämple.com/",
    "https://",
    "https://[::1",
    "https://example.com:99999/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "example.com/hook",
]


@pytest.mark.parametrize("url", INSIDE)
def test_what_is_inside_is_refused_unless_allowed(url):
    with pytest.raises(BadWebhookError):
        rules.check_url(url, allow_private=False)
    assert rules.check_url(url, allow_private=True).hostname


@pytest.mark.parametrize("url", NEVER)
def test_some_are_refused_always(url):
    for allowed in (False, True):
        with pytest.raises(BadWebhookError) as refused:
            rules.check_url(url, allow_private=allowed)
        assert "password@" not in refused.value.detail


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(address):
    def accepted(one, *, allow_private):
        try:
            rules.check_address(one, allow_private=allow_private)
        except BadWebhookError:
            return False
        return True

    wrapped = ipaddress.IPv6Address((0x64FF9B << 96) | int(address))
    assert accepted(address, allow_private=False) == accepted(wrapped, allow_private=False)
    for inner in (wrapped, ipaddress.IPv6Address((0xFFFF << 32) | int(address))):
        assert accepted(address, allow_private=True) == accepted(inner, allow_private=True)


@given(st.binary(min_size=24, max_size=64), st.text(max_size=50))
def test_a_signature_is_that_of_the_specification(key, body):
    told = rules.headers(claim(body), NOW, [rules.secret_of(key), rules.secret_of(key[::-1])])
    signed = f"019e.{int(NOW.timestamp())}.{body}".encode()
    each = [
        "v1," + base64.b64encode(hmac.new(k, signed, hashlib.sha256).digest()).decode()
        for k in (key, key[::-1])
    ]
    assert told["webhook-signature"].split(" ") == each
    assert (told["webhook-id"], told["webhook-timestamp"]) == ("019e", str(int(NOW.timestamp())))


def test_the_signature_of_the_specifications_example():
    """From the README of https://github.com/standard-webhooks/standard-webhooks, and of its libraries' tests."""
    example = Claim(
        id="msg_p5jXN8AQM9LWM0D4loKWxJek", target="w", event="e", body='{"test": 2432232314}', attempt=1
    )
    moment = datetime.fromtimestamp(1614265330, UTC)
    told = rules.headers(example, moment, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret", ["", "hush", "whsec_", "whsec_AAAA", "whsec_!!!!", "whsec_" + "A" * 200, "A" * 44]
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret):
    with pytest.raises(BadWebhookError) as refused:
        rules.key_of(secret)
    assert not secret or secret not in refused.value.detail


def test_retries_come_later_and_later_and_end():
    failing = [rules.verdict(Reply(status=500), attempt, NOW) for attempt in range(1, 11)]
    waits = [(one.due_at - NOW).total_seconds() for one in failing[:-1]]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert failing[-1].status is DeliveryStatus.FAILED


@given(STATUSES, st.integers(1, 30), st.integers(0, 10**6))
def test_only_2xx_is_delivered_and_nothing_is_tried_for_ever(status, attempt, wanted):
    told = rules.verdict(Reply(status=status, retry_after=str(wanted)), attempt, NOW)
    assert (told.status is DeliveryStatus.DELIVERED) == (200 <= status < 300)
    assert told.disable == (status == 410)
    assert (told.due_at is not None) == (told.status is DeliveryStatus.PENDING)
    if told.status is DeliveryStatus.PENDING:
        assert attempt <= len(rules.DELAYS)
        assert told.due_at - NOW >= timedelta(seconds=max(rules.DELAYS[attempt - 1], min(wanted, 86400)))
        assert told.due_at - NOW <= timedelta(days=1)
    if status == 410:
        assert told.status is DeliveryStatus.FAILED


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("Fri, 20 Nov 2026 12:00:30 -0000", 30),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("١٢", 0),
        ("9" * 50, 999_999_999),
    ],
)
def test_retry_after_in_its_forms(header, seconds):
    assert rules.retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_bears_anything(header):
    assert rules.retry_after(header, NOW) >= 0
