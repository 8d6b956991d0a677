"""Budgets and price sheets over the API and the pages: what is refused, what is saved, and that figures follow."""

import contextlib
import csv
import io
import re
import threading
from datetime import date
from decimal import Decimal

import pytest

from storekeeper.costs.editing.model import NewSheet, SheetChangedError
from storekeeper.costs.sheets.writing import OwnPrices, text_of

SHEET = "/api/prices/memory.toml"


@pytest.fixture(scope="module")
def world(make_world, tmp_path_factory):
    """One for all tests here, each of which but the last leaves no price sheet behind."""
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def stored(world):
    """A bucket in memory that was written to, priced by the figures of a form."""
    store, _ = world.memory()
    store.put("a", b"x" * 10_000_000)
    world.scan("photos")
    world.report_operations(4, weight=1_000_000, operation="PutObject", owner="ann@example.com")
    world.pass_hours(12)
    world.costs.calculate()
    return world


def priced(requests="5", **more):
    given = {
        "title": "Shelf",
        "provider": "memory",
        "currency": "USD",
        "storage": "0.01",
        "requests": requests,
    }
    return text_of(OwnPrices(**given | more), date(2026, 11, 10))


def finish(world):
    """The run that a change has begun."""
    [run] = [one for one in world.jobs.find(job="calculate-costs") if one.status == "queued"]
    world.jobs._execute_run(run.id)


def spent(world):
    return Decimal(world.costs.report().month_to_date)


def only_one_of_many_wins(world, digest):
    """Of those who all began with the same text."""
    won, start = [], threading.Barrier(8)

    def save():
        start.wait()
        with contextlib.suppress(SheetChangedError):
            new = NewSheet(text=priced("7"), digest=digest)
            won.append(world.editor.save("memory.toml", new, actor="admin@example.com"))

    threads = [threading.Thread(target=save) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [one] = won
    return {"digest": one.digest}


def test_a_sheet_is_tried_saved_changed_and_removed_and_costs_follow(stored, client):
    def put(text, digest=""):
        return client.put(SHEET, json={"text": text, "digest": digest})

    tried = client.post(f"{SHEET}/preview", json={"text": priced()}).json()
    assert (tried["month"], tried["changes"], tried["unknownAfter"]) == ("2026-11", True, 0)
    [money] = tried["items"]
    assert (money["currency"], Decimal(money["before"])) == ("USD", 0)
    assert Decimal(money["after"]) > 20
    assert client.get(SHEET).status_code == 404

    saved = put(priced()).json()
    finish(stored)
    assert spent(stored) == Decimal(money["after"])
    shown = client.get(SHEET).json()
    assert (shown["text"], shown["digest"], shown["own"], shown["problems"]) == (
        priced(),
        saved["digest"],
        True,
        [],
    )

    again = put(priced("7"))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/price-sheet-changed")
    assert again.json()["digest"] == saved["digest"]
    (stored.folder / "prices" / "memory.toml").write_text(priced("6"))  # by hand
    assert put(priced("7"), saved["digest"]).status_code == 409
    by_hand = client.get(SHEET).json()["digest"]
    wrong = put(priced("7", currency="EURO"), by_hand)
    assert (wrong.status_code, wrong.json()["problems"][0]["line"]) == (400, 4)
    assert client.get(SHEET).json()["digest"] == by_hand
    newest = only_one_of_many_wins(stored, by_hand)
    finish(stored)
    assert spent(stored) == Decimal(money["after"]) + 8

    assert client.delete(SHEET, params={"digest": saved["digest"]}).status_code == 409
    assert client.delete(SHEET, params={"digest": newest["digest"]}).status_code == 204
    finish(stored)
    assert spent(stored) == 0
    assert client.delete(SHEET).json()["type"] == "/problems/unknown-price-sheet"
    assert client.delete("/api/prices/cloudflare-r2.toml").status_code == 404

    audited = [one for one in stored.audit.page(limit=50).items if one.action.startswith("price-sheet.")]
    assert [(one.action, one.target, one.actor) for one in audited] == [
        (f"price-sheet.{verb}", "memory.toml", "admin@example.com") for verb in ("delete", "save", "save")
    ]
    assert [(one.details["before"], one.details["after"]) for one in audited] == [
        (newest["digest"], ""), (by_hand, newest["digest"]), ("", saved["digest"]),
    ]  # fmt: skip


def test_what_is_no_name_or_too_large_is_refused(client):
    for name in ("a%20b.toml", ".hidden.toml", "a.txt"):
        answer = client.put(f"/api/prices/{name}", json={"text": priced()})
        assert answer.json()["type"] == "/problems/bad-price-sheet-name"
    assert client.put(SHEET, json={"text": "x" * 70_000}).status_code == 400
    assert client.put(SHEET, json={"text": "#" + "é" * 40_000}).json()["problems"][0]["line"] == 1
    for role, expected in (("readonly", 403), ("user", 403)):
        headers = {"Authorization": f"Bearer {role}"}
        assert client.put(SHEET, json={"text": priced()}, headers=headers).status_code == expected
    own = client.get("/api/prices/cloudflare-r2.toml", headers={"Authorization": "Bearer readonly"}).json()
    assert (own["own"], own["text"].startswith("# Cloudflare R2")) == (False, True)


def test_a_sheet_that_changes_while_costs_are_worked_out_counts(stored):
    """Whoever saves meanwhile is told of the run that is under way."""
    folder, once = stored.folder / "prices", []

    def change():
        if not once:
            once.append(folder.mkdir(exist_ok=True))
            (folder / "memory.toml").write_text(priced())

    stored.costs.on_calculated(change)
    stored.costs.calculate()
    assert spent(stored) > 20
    (folder / "memory.toml").unlink()


def test_the_pages_show_mistakes_at_their_lines_and_what_would_change(stored, client, read):
    def send(path, **data):
        answer = client.post(path, data=data, headers={"Accept": "text/html"})
        return answer.status_code, answer.text

    status, page = send(
        "/costs/prices/new",
        name="memory",
        title="Shelf",
        provider="other",
        storage="0.01",
        currency="USD",
    )
    assert (status, "Nothing of this month" in page, "not saved yet" in page) == (200, True, True)
    status, page = send("/costs/prices/new", name="memory", title="Shelf", provider="other", storage="cheap")
    assert (status, "&#39;cheap&#39; is not a price" in page) == (400, True)
    status, page = send(
        "/costs/prices/memory.toml", text=priced(currency="EURO").replace("\n", "\r\n"), do="save"
    )
    assert status == 400
    assert re.search(r'<tr class="wrong"><th scope="row">4 .*?currency = &#34;EURO&#34;', page)
    status, page = send("/costs/prices/memory.toml", text=priced(), do="preview")
    assert (status, "instead of" in page, "Nothing is saved yet." in page) == (200, True, True)
    assert send("/costs/prices/memory.toml", text=priced(), do="save")[0] == 303
    assert "Costs are being worked out by it." in read("/costs/prices")
    digest = client.get(SHEET).json()["digest"]
    assert f'value="{digest}"' in read("/costs/prices/memory.toml")
    assert "Change these prices" in read("/costs/prices/cloudflare-r2.toml")
    assert "not saved yet" in read("/costs/prices/cloudflare-r2.toml", copy="true")
    assert send("/costs/prices/memory.toml/remove", digest="old")[0] == 409
    assert send("/costs/prices/memory.toml/remove", digest=digest)[0] == 303
    assert read("/costs/prices/memory.toml", status=404)
    reader = client.get("/costs/prices/cloudflare-r2.toml", headers={"Authorization": "Bearer readonly"}).text
    assert "Change these prices" not in reader


def test_budgets_over_the_api_and_the_page(stored, client, read):
    stored.price_as("cloudflare-r2")
    stored.costs.calculate()
    made = client.post(
        "/api/budgets", json={"scope": "owner", "name": "ann@example.com", "amount": "1", "reason": "plan"}
    )
    assert (made.status_code, made.json()["use"]["state"]) == (201, "exceeded")
    path = f"/api/budgets/{made.json()['id']}"
    for body, slug in (
        ({"scope": "owner", "name": "ann@example.com", "amount": "2", "reason": "x"}, "budget-exists"),
        ({"scope": "everything", "amount": "none", "reason": "x"}, "bad-budget"),
        ({"scope": "everything", "amount": "1", "activeFrom": "soon", "reason": "x"}, "bad-month"),
        ({"scope": "bucket", "name": "nowhere", "amount": "1", "reason": "x"}, "unknown-bucket"),
    ):
        assert client.post("/api/budgets", json=body).json()["type"] == f"/problems/{slug}"
    assert client.patch(path, json={"amount": "1.25", "reason": "more"}).json()["amount"] == "1.25"
    page = client.get("/api/budgets").json()
    assert (page["total"], page["nextCursor"], page["items"][0]["amount"]) == (1, None, "1.25")
    [line] = csv.DictReader(io.StringIO(client.get("/api/budgets", params={"format": "csv"}).text))
    assert (line["name"], line["amount"], line["state"]) == ("ann@example.com", "1.25", "exceeded")

    as_user = {"Authorization": "Bearer user"}
    own = client.get("/api/user/storage/budget", headers=as_user).json()
    assert (own["owner"], own["budget"]) == ("user@example.com", None)
    assert (
        client.get(
            "/api/user/storage/budget", params={"owner": "ann@example.com"}, headers=as_user
        ).status_code
        == 403
    )
    assert (
        client.get("/api/user/storage/budget", params={"owner": "ann@example.com"}).json()["budget"]["amount"]
        == "1.25"
    )

    assert "A budget is exceeded" not in read("/costs")
    stored.costs.calculate()
    assert "Owner ann@example.com." in read("/costs")
    assert "exceeded" in read("/costs/budgets")
    assert "“more”" in read(f"/costs/budgets/{made.json()['id']}")
    answer = client.post("/costs/budgets", data={"scope": "bucket", "bucket": "photos", "amount": "0.0", "reason": "x"}, headers={"Accept": "text/html"})  # fmt: skip
    assert (answer.status_code, "more than nothing" in answer.text) == (400, True)
    form = {"scope": "bucket", "bucket": "photos", "amount": "1,000", "reason": "x"}
    assert client.post("/costs/budgets", data=form).status_code == 303
    assert "There is a budget for bucket photos now." in read("/costs/budgets")
    assert client.delete(path, params={"reason": "gone"}).status_code == 204
    assert client.delete(path, params={"reason": "gone"}).json()["type"] == "/problems/unknown-budget"
