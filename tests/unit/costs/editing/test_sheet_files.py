"""Files of price sheets: what may be written, what contradicts others, and the sheet that a form makes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs.editing import views
from storekeeper.costs.sheets import PriceSheetError, files, load, read_sheet
from storekeeper.costs.sheets.writing import OwnPrices, text_of
from storekeeper.kernel.errors import BadInputError

TODAY = date(2026, 11, 20)


def own(**more):
    given = {"title": "Cellar", "provider": "folder", "currency": "EUR", "storage": "0.004"}
    return text_of(OwnPrices(**given | more), TODAY)


def put(folder, file, text):
    files.publish(files.lay(folder, file, text), file)


prices = st.decimals(0, 10**6, places=6).map(lambda price: f"{price:f}")
titles = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50)


@given(prices, prices, prices, titles, st.sampled_from([one["value"] for one in views.PROVIDERS]))
def test_what_a_form_makes_is_a_sheet_with_its_figures(storage, requests, egress, title, provider):
    text = own(storage=storage, requests=requests, egress=egress, title=title, provider=provider)
    sheet = read_sheet(text, "cellar.toml")
    assert (sheet.title, sheet.provider, sheet.currency, sheet.unset) == (title, provider, "EUR", False)
    assert sheet.storage_class[0].tier[0].price == type(sheet.storage_class[0].tier[0].price)(storage)
    assert sheet.egress.tier[0].price == type(sheet.egress.tier[0].price)(egress)
    asked = sheet.storage_class[0].requests
    assert ([one.price for one in asked] or [0])[0] == type(sheet.egress.tier[0].price)(requests)
    assert sheet.operation_class[0].free is not bool(asked)


@pytest.mark.parametrize(
    "wrong",
    [{"storage": "-1"}, {"storage": "1e5"}, {"egress": "cheap"}, {"effective_from": "tomorrow"}],
)
def test_what_a_form_refuses(wrong):
    with pytest.raises(BadInputError):
        own(**wrong)


def test_a_currency_that_is_none_has_its_line(tmp_path):
    [problem] = files.wrong(tmp_path, "cellar.toml", own(currency="EURO"))
    assert (problem.line, "not a currency" in problem.message) == (4, True)
    [shown] = views.mistakes([problem], "cellar.toml", own(currency="EURO"))
    assert [line["number"] for line in shown["lines"] if line["wrong"]] == [4]
    assert 'currency = "EURO"' in shown["lines"][2]["text"]


def test_a_file_that_is_saved_counts_and_one_that_is_removed_does_not(tmp_path):
    folder = tmp_path / "prices"
    assert files.find(folder, "cellar.toml") is None
    put(folder, "cellar.toml", own())
    found = files.find(folder, "cellar.toml")
    assert (found.text, found.digest, found.own) == (own(), files.digest_of(own()), True)
    assert load(folder).series("folder", "anywhere")[0].title == "Cellar"
    assert load(folder) is not None
    put(folder, "cellar.toml", own(storage="0.005"))
    assert "0.005" in files.find(folder, "cellar.toml").text
    assert [one.name for one in folder.iterdir()] == ["cellar.toml"]
    files.remove(folder, "cellar.toml")
    assert [one.title for one in load(folder).series("folder", "anywhere")] == ["Self-hosted storage"]


def test_what_would_contradict_another_file_is_refused_whichever_is_named(tmp_path):
    put(tmp_path, "b.toml", own())
    for file in ("a.toml", "c.toml"):
        with pytest.raises(PriceSheetError, match=r"for the same provider and region"):
            files.with_file(tmp_path, file, own())
    files.with_file(tmp_path, "b.toml", own(storage="1"))
    files.with_file(tmp_path, "a.toml", own(effective_from="2027-01-01"))
    put(
        tmp_path, "d.toml", own()
    )  # by hand: both are left out, and neither is in the way of mending the other
    assert files.wrong(tmp_path, "d.toml", own())
    assert files.wrong(tmp_path, "d.toml", own(effective_from="2027-01-01")) == []


def test_a_file_that_is_too_large_or_no_text_is_told(tmp_path):
    text = own() + "# " + "x" * files.MOST_BYTES
    assert "65,536 are allowed" in files.wrong(tmp_path, "cellar.toml", text)[0].message
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    assert files.wrong(tmp_path, "binary.toml", files.find(tmp_path, "binary.toml").text)


@pytest.mark.parametrize("name", ["", ".toml", "a", "../a.toml", "a/b.toml", "a b.toml", ".a.toml", "a.toml\n", "é.toml", "a" * 60 + ".toml"])  # fmt: skip
def test_what_is_no_name_is_neither_read_nor_written(tmp_path, name):
    assert not files.is_name(name)
    assert files.find(tmp_path, name) is None
    assert files.find_shipped(name) is None


def test_what_somebody_put_there_by_hand_can_be_read_under_any_name(tmp_path):
    (tmp_path / "my prices.toml").write_text("x")
    assert files.find(tmp_path, "my prices.toml").text == "x"
    assert files.find(tmp_path, "é" * 200 + ".toml") is None
    (tmp_path / "folder").mkdir()
    for path in ("folder/../my prices.toml", "../my prices.toml", "my prices.toml\0"):
        assert files.find(tmp_path / "folder", path) is None


def test_those_of_the_package_can_be_read():
    assert files.find_shipped("cloudflare-r2.toml").own is False
    assert files.find_shipped("nothing.toml") is None
