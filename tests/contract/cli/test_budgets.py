"""`budget`, and `prices` with its commands: what they ask of the server, and what they say."""

import pytest

TIME = "2026-11-20T12:00:00Z"
USE = {
    "spent": "8.50", "share": 0.85, "projected": "12.00", "low": "9.00", "high": "14.00", "coverage": 0.8, "method": "",
    "burn": 1.3, "usedUpOn": "2026-11-25", "state": "at-risk", "since": TIME, "reason": "8.50 of 10.00 USD is spent.",
    "unknown": 0,
}  # fmt: skip
TERM = {"activeFrom": "2026-11", "amount": "10.00", "currency": "USD", "warnPercent": 80, "reason": "plan", "updatedAt": TIME, "updatedBy": "eve@x"}  # fmt: skip
BUDGET = {
    "id": "b1", "scope": "bucket", "name": "photos", "month": "2026-11", "amount": "10.00", "currency": "USD",
    "warnPercent": 80, "activeFrom": "2026-11", "reason": "plan", "use": USE, "terms": [TERM], "createdAt": TIME,
    "updatedAt": TIME, "updatedBy": "eve@x",
}  # fmt: skip
LIST, ONE = "/api/budgets", "/api/budgets/b1"
SHEET = {"file": "cellar.toml", "own": True, "text": 'title = "Cellar"\n', "digest": "d1", "problems": []}
SHEETS = "/api/prices/cellar.toml"


def page(*items):
    return {"items": list(items), "nextCursor": None, "month": "2026-11", "total": len(items)}


def test_a_list_shows_how_budgets_stand(ran, server):
    later = BUDGET | {"scope": "everything", "name": "", "use": None, "activeFrom": "2026-12"}
    server.answer("GET", LIST, page(BUDGET, later))
    said = ran("budget", "list", "--month", "2026-11")
    assert (said.status, said.err) == (0, "")
    for words in (
        "photos",
        "$8.50",
        "$12.00",
        "$10.00",
        "85.0 %",
        "at-risk",
        "2026-11-25",
        "(all)",
        "from 2026-12 on",
    ):
        assert words in said.out
    assert server.asked[0].query == {"month": "2026-11", "limit": "1000"}
    assert ran("budget", "list", "--json").json["items"][0]["use"]["spent"] == "8.50"


def test_all_pages_are_read(ran, server):
    server.answer("GET", LIST, page(BUDGET) | {"nextCursor": "1"})
    server.answer("GET", LIST, page(BUDGET | {"id": "b2"}))
    assert [one["id"] for one in ran("budget", "list", "--json").json["items"]] == ["b1", "b2"]


@pytest.mark.parametrize(("state", "options", "status"), [("exceeded", ["--check"], 1), ("exceeded", [], 0), ("at-risk", ["--check"], 0)])  # fmt: skip
def test_only_when_asked_an_exceeded_budget_is_not_well(ran, server, state, options, status):
    server.answer("GET", LIST, page(BUDGET | {"use": USE | {"state": state}}))
    assert ran("budget", "list", *options).status == status
    assert ran("budget", "list", "--json", *options).status == status


def test_setting_makes_a_budget_or_changes_the_one_that_is_there(ran, server):
    server.answer("GET", LIST, page())
    server.answer("POST", LIST, BUDGET, status=201)
    said = ran("budget", "set", "10", "--bucket", "photos", "--warn", "80", "--reason", "plan")
    assert (said.status, said.err) == (0, "")
    assert said.out == "The bucket photos may cost $10.00 a month.\n8.50 of 10.00 USD is spent.\n"
    assert server.asked[1].body == {"scope": "bucket", "name": "photos", "amount": "10", "warnPercent": 80, "reason": "plan"}  # fmt: skip
    everything = BUDGET | {"id": "b2", "scope": "everything", "name": ""}
    term = TERM | {"activeFrom": "2026-12", "amount": "12.50", "currency": "EUR"}
    server.answer("GET", LIST, page(BUDGET, everything))
    server.answer("PATCH", "/api/budgets/b2", everything | {"terms": [term, TERM]})
    said = ran("budget", "set", "12.50", "--currency", "EUR", "--from", "2026-12", "--reason", "plan")
    assert said.out.startswith("Everything may cost €12.50 a month, from 2026-12 on.")
    assert server.asked[3].body == {"amount": "12.50", "currency": "EUR", "activeFrom": "2026-12", "reason": "plan"}  # fmt: skip


def test_a_budget_is_for_one_of_both(ran, server):
    assert ran("budget", "set", "1", "--bucket", "a", "--owner", "b", "--reason", "x").status == 2
    assert server.asked == []


def test_removing_asks_and_tells_why(ran, server):
    server.answer("DELETE", ONE, None, status=204)
    assert ran("budget", "remove", "b1", "--reason", "left").status == 2
    assert ran("budget", "remove", "b1", "--reason", "left", "--yes").out == "Removed b1.\n"
    assert server.asked[0].query == {"reason": "left"}


def test_a_sheet_is_printed_as_it_is(ran, server):
    server.answer("GET", SHEETS, SHEET)
    assert ran("prices", "show", "cellar.toml").out == SHEET["text"]
    assert ran("prices", "show", "cellar.toml", "--shipped", "--json").json["digest"] == "d1"
    assert [one.query for one in server.asked] == [{}, {"shipped": "true"}]
    problem = {"file": "cellar.toml", "line": 4, "message": "unknown key 'price'"}
    server.answer("GET", SHEETS, SHEET | {"problems": [problem]})
    said = ran("prices", "show", "cellar.toml")
    assert (said.status, said.err) == (1, "Left out: cellar.toml, line 4: unknown key 'price'\n")


@pytest.mark.parametrize(
    ("there", "options", "digest"),
    [(SHEET, [], "d1"), (SHEET | {"own": False}, [], ""), (None, [], ""), (SHEET, ["--digest", "d0"], "d0")],
)
def test_a_sheet_is_written_over_what_is_there(ran, server, tmp_path, there, options, digest):
    file = tmp_path / "new.toml"
    file.write_text('title = "Shelf"\n')
    server.answer("GET", SHEETS, there or {"type": "/problems/unknown-price-sheet", "title": "x", "status": 404}, status=200 if there else 404)  # fmt: skip
    server.answer(
        "PUT", SHEETS, {"file": "cellar.toml", "digest": "d2", "id": "x", "title": "Shelf", "runId": "r"}
    )
    said = ran("prices", "edit", "cellar.toml", "--from-file", str(file), *options)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("Shelf is saved in prices/cellar.toml.")
    assert server.asked[-1].body == {"text": 'title = "Shelf"\n', "digest": digest}


def test_a_preview_saves_nothing(ran, server):
    found = {"month": "2026-11", "items": [{"currency": "USD", "before": "1.00", "after": "2.50"}], "unknownBefore": 3, "unknownAfter": 0, "changes": True}  # fmt: skip
    server.answer("POST", f"{SHEETS}/preview", found)
    said = ran("prices", "edit", "cellar.toml", "--from-file", "-", "--preview", typed="x = 1")
    assert "2026-11 would cost $2.50 instead of $1.00 up to now." in said.out
    assert "0 charges of unknown price instead of 3." in said.out
    assert [(one.method, one.body) for one in server.asked] == [("POST", {"text": "x = 1"})]
    server.answer("POST", f"{SHEETS}/preview", found | {"changes": False})
    assert "changes nothing" in ran("prices", "edit", "cellar.toml", "--from-file", "-", "--preview").out


def test_a_file_that_is_not_there_is_wrong_use(ran, server):
    assert ran("prices", "edit", "cellar.toml", "--from-file", "/nowhere").status == 2
    assert server.asked == []


def test_removing_a_sheet_asks(ran, server):
    server.answer("GET", SHEETS, SHEET)
    server.answer("DELETE", SHEETS, None, status=204)
    assert ran("prices", "remove", "cellar.toml").status == 2
    assert ran("prices", "remove", "cellar.toml", "--yes").status == 0
    assert server.asked[-1].query == {"digest": "d1"}
