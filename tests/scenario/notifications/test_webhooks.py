"""Webhooks over the API and on their page, by those who may."""

import base64
import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from lxml import html

from callers import calling
from engines import open_database
from storekeeper import notifications
from storekeeper.audit import AuditTrail
from storekeeper.infra.crypto import Sealer
from storekeeper.kernel.clock import ManualClock
from storekeeper.notifications import Message, NotificationService

PAGE = "/settings/webhooks"
OWN_SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def database(tmp_path):
    with contextlib.closing(open_database(tmp_path)) as made:
        yield made


@pytest.fixture
def service(database, clock):
    audit = AuditTrail(database, clock)
    with contextlib.closing(NotificationService(database, Sealer("0" * 64), audit, clock)) as made:
        yield made


@pytest.fixture
def client(service, clock):
    with calling(notifications.ROUTES, clock=clock, notifications=service) as client:
        yield client


@pytest.fixture
def url():
    """A receiver that takes everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_from_its_first_to_its_last_day(client, url, service, database, clock):
    new = {"name": "desk", "url": url, "allowPrivate": True}
    made = client.post("/api/webhooks", json=new)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    shown = client.get("/api/webhooks/desk").json()
    assert shown == {name: value for name, value in made.json().items() if name != "secret"}
    assert client.get("/api/webhooks").json() == {"items": [shown], "nextCursor": None}
    assert client.post("/api/webhooks", json=new).json()["type"] == "/problems/webhook-exists"

    sent = client.post("/api/webhooks/desk/test")
    assert (sent.status_code, sent.json()["status"], sent.json()["event"]) == (
        200,
        "delivered",
        "webhook.test",
    )
    assert [one["httpStatus"] for one in sent.json()["attempts"]] == [204]

    changed = client.patch("/api/webhooks/desk", json={"newSecret": OWN_SECRET, "enabled": False}).json()
    assert (changed["secret"], changed["secrets"], changed["enabled"]) == (None, 2, False)
    with database.write() as connection:
        message = Message(subject="a", transition="opened", event="alert.opened", at=clock.now(), data={})
        service.tell(connection, message)
    listed = client.get("/api/webhooks/desk/deliveries").json()
    assert [one["id"] for one in listed["items"]] == [sent.json()["id"]]  # nothing while it is disabled

    assert client.delete("/api/webhooks/desk").status_code == 204
    assert client.get("/api/webhooks/desk").json()["type"] == "/problems/unknown-webhook"
    assert client.get("/api/webhooks/desk/deliveries").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "desk", "url": "https://127.0.0.1/"},
        {"name": "desk", "url": "http://example.com/"},
        {"name": "desk", "url": "https://example.com/", "secret": "hush"},
        {"name": "../desk", "url": "https://example.com/"},
        {"name": "desk", "url": "https://example.com/" + "x" * 2048},
        {"name": "desk", "url": "https://example.com/", "color": "red"},
    ],
)
def test_what_is_wrong_is_refused_and_a_secret_is_not_repeated(client, body):
    answer = client.post("/api/webhooks", json=body)
    assert answer.status_code == 400
    assert "hush" not in answer.text
    assert client.get("/api/webhooks").json()["items"] == []


@pytest.mark.parametrize("role", ["readonly", "user"])
def test_only_admins_see_webhooks(client, role):
    headers = {"Authorization": f"Bearer {role}"}
    for path in (
        "/api/webhooks",
        "/api/webhooks/desk",
        "/api/webhooks/desk/deliveries",
        PAGE,
        PAGE + "/desk",
    ):
        assert client.get(path, headers=headers).status_code == 403


# The page


def words(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def send(client, action, **fields):
    """Fill in and send the form of the page that leads to `action`, as a browser without JavaScript does."""
    document = html.fromstring(client.get(PAGE).text)
    (form,) = [form for form in document.forms if (form.method, form.action) == ("POST", action)]
    return client.post(action, data=dict(form.form_values()) | fields)


def test_the_page_adds_tests_changes_and_removes(client, url, service):
    assert "No webhook yet" in words(client.get(PAGE))
    (tab,) = html.fromstring(client.get(PAGE).text).xpath("//*[@aria-label='Settings']/a[@aria-current]")
    assert tab.get("href") == PAGE
    added = send(client, PAGE, name="desk", url=url, allow_private="true")
    assert added.status_code == 200
    secret = html.fromstring(added.text).xpath("//*[contains(@class, 'notice')]//code")[0].text_content()
    assert service.webhooks.secrets(service.webhooks.get("desk")) == [secret]
    assert secret not in client.get(PAGE).text

    assert send(client, f"{PAGE}/desk/test").status_code == 303
    page = words(client.get(f"{PAGE}/desk"))
    assert "webhook.test" in page
    assert "delivered" in page

    assert send(client, f"{PAGE}/desk/secret").status_code == 200
    assert service.webhooks.get("desk").secrets == 2
    assert send(client, f"{PAGE}/desk/drop-secrets").status_code == 303
    assert service.webhooks.get("desk").secrets == 1
    assert send(client, f"{PAGE}/desk/disable").status_code == 303
    assert not service.webhooks.get("desk").enabled
    assert send(client, f"{PAGE}/desk/enable").status_code == 303
    assert service.webhooks.get("desk").enabled
    assert send(client, f"{PAGE}/desk/remove").status_code == 303
    assert service.webhooks.all() == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "desk", "url": "https://10.0.0.1/"}, "not an address of the open internet"),
        ({"name": "a b", "url": "https://example.com/"}, "Nothing was saved"),
        ({}, "Nothing was saved"),
    ],
)
def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(client, fields, told):
    answer = send(client, PAGE, **fields)
    assert answer.status_code == 400
    assert told in words(answer)
    for value in fields.values():
        assert value in answer.text


def test_the_page_tells_when_a_receiver_does_not_take_the_test(client, free_port):
    send(client, PAGE, name="desk", url=f"http://127.0.0.1:{free_port()}/", allow_private="true")
    answer = send(client, f"{PAGE}/desk/test")
    assert answer.status_code == 303
    assert "failed" in words(client.get(PAGE))
    assert "Connection refused." in words(client.get(f"{PAGE}/desk"))
