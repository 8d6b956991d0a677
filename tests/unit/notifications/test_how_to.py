"""What the how-to tells receivers to do accepts what Storekeeper sends, and nothing else."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storekeeper.notifications import rules
from storekeeper.notifications.model import Claim

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "get-told-by-webhook.md"
SECRETS = [rules.secret_of(bytes([letter]) * 32) for letter in b"abc"]
BODY = '{"type":"alert.opened","data":{"summary":"déjà vu"}}'


@pytest.fixture(scope="module")
def verify():
    (snippet,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    names = {}
    exec(snippet, names)
    return names["verify"]


def sent(secrets, seconds_ago=0):
    claim = Claim(id="019e", target="w", event="alert.opened", body=BODY, attempt=1)
    moment = datetime.fromtimestamp(time.time() - seconds_ago, UTC)  # noqa: TID251 - the snippet asks the real clock
    return rules.headers(claim, moment, secrets)


@pytest.mark.parametrize("secrets", [SECRETS[:1], SECRETS])
def test_it_accepts_what_is_sent(verify, secrets):
    for secret in secrets:
        verify(secret, sent(secrets), BODY.encode())


@pytest.mark.parametrize(
    ("secret", "change", "body", "seconds_ago"),
    [
        (SECRETS[1], {}, BODY, 0),
        (SECRETS[0], {"webhook-id": "other"}, BODY, 0),
        (SECRETS[0], {"webhook-signature": "v1,AAAA v2,BBBB"}, BODY, 0),
        (SECRETS[0], {"webhook-signature": ""}, BODY, 0),
        (SECRETS[0], {}, BODY + " ", 0),
        (SECRETS[0], {}, BODY, 400),
        (SECRETS[0], {}, BODY, -400),
    ],
)
def test_it_refuses_what_was_changed_or_is_old(verify, secret, change, body, seconds_ago):
    with pytest.raises(ValueError, match=r"signed|old"):
        verify(secret, sent(SECRETS[:1], seconds_ago) | change, body.encode())


def test_the_delays_are_those_that_the_page_tells():
    told = re.search(r"tried again in (.+?), later", PAGE.read_text())[1].replace(" and ", ", ")
    units = {"s": 1, "min": 60, "h": 3600}
    parts = [part.split(" ") for part in told.split(", ")]
    assert tuple(int(number) * units[unit] for number, unit in parts) == rules.DELAYS
