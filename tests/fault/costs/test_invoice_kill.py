"""The server dies by kill -9 while it imports an invoice: nothing of it holds, and importing it again makes it whole."""

import contextlib
import threading
import time

import httpx
import pytest

from storekeeper.infra.analytics import Analytics

pytestmark = pytest.mark.slow
LINES, PATH = 40_000, "/api/costs/invoices"
ASKED = {"format": "csv", "provider": "aws", "account": "1", "currency": "USD"}


def bill():
    lines = "".join(f"2026-10-{number % 31 + 1:02},photos,0.{number:06}\n" for number in range(LINES))
    return f"date,resource,amount\n{lines}".encode()


def test_an_invoice_whose_import_was_killed_does_not_hold_and_comes_again(server):
    body = bill()

    def send():
        with server.client() as client, pytest.raises(httpx.TransportError):
            client.post(PATH, params=ASKED, content=body)

    sending = threading.Thread(target=send)
    sending.start()
    for _ in range(1200):
        if stored_parts(server.data):
            break
        time.sleep(0.01)  # noqa: TID251 - the import runs by the real clock
    else:
        pytest.fail("nothing was stored")
    server.end(kill=True)
    sending.join(60)
    server.start()
    with server.client() as client:
        assert client.get(PATH, params={"history": True}).json()["items"] == []
        (made,) = client.post(PATH, params=ASKED, content=body).json()["invoices"]
        assert (made["outcome"], made["invoice"]["lines"]) == ("added", LINES)
        (again,) = client.post(PATH, params=ASKED, content=body).json()["invoices"]
        assert (again["outcome"], again["invoice"]["id"]) == ("unchanged", made["invoice"]["id"])
    server.end(kill=False)
    analytics = Analytics(f"chdb:///{server.data}/analytics")
    kept = analytics.rows("SELECT invoice_id, count() AS lines FROM invoice_line GROUP BY invoice_id")
    analytics.close()
    assert kept == [{"invoice_id": made["invoice"]["id"], "lines": LINES}]


def stored_parts(data):
    """Folders of parts that hold lines of invoices: no other table has such a column. What comes and goes meanwhile is none."""
    found = list(data.glob("analytics/**/until.bin"))
    for columns in data.glob("analytics/store/*/*/*/columns.txt"):
        with contextlib.suppress(FileNotFoundError):
            if b"until" in columns.read_bytes() and (columns.parent / "data.bin").exists():
                found.append(columns)
    return found
