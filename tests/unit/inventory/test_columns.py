"""Columns are what plain Python would make of each key."""

import re
import string

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.buckets.rules import owner_of, owner_regex
from storekeeper.inventory.scanning.columns import to_columns
from storekeeper.objectstore import WITH_ETAGS

EXTENSION = re.compile(r"[^/]\.([0-9]?[A-Za-z][A-Za-z0-9]{0,8})\Z")
keys = st.lists(
    st.text(alphabet=string.ascii_letters + "019./-\n é\U0001f680", min_size=1, max_size=20), max_size=30
)


def columns(names, pattern="", *, keep_names=True):
    rows = [
        {"key": name, "size": 1, "modified": 0, "storage_class": "STANDARD", "etag": "e"} for name in names
    ]
    listing = pa.Table.from_pylist(rows, schema=WITH_ETAGS)
    table = to_columns(listing, scan_id="s", batch=7, owner=owner_regex(pattern), keep_names=keep_names)
    return table.to_pylist()


@settings(deadline=None)
@given(keys)
def test_prefix_name_and_extension(names):
    for key, row in zip(names, columns(names), strict=True):
        assert row["prefix"] + row["name"] == key
        assert "/" not in row["name"]
        found = EXTENSION.search(key)
        assert row["extension"] == (found[1].lower() if found else "")
        assert (row["scan_id"], row["batch"]) == ("s", 7)


@settings(deadline=None)
@given(keys.map(lambda names: [f"users/{name}" for name in names]))
def test_owner(names):
    for key, row in zip(names, columns(names, "users/{owner}/"), strict=True):
        assert row["owner"] == owner_of(key, "users/{owner}/")


@pytest.mark.parametrize(
    ("key", "extension"),
    [("a.TXT", "txt"), ("a.tar.gz", "gz"), ("a.7z", "7z"), (".env", ""), ("d/.env", ""), ("a.20261120", ""),
     ("a.", ""), ("a.b c", ""), ("d.d/a", ""), ("a..jpg", "jpg"), ("a.superlongname", "")],
)  # fmt: skip
def test_what_counts_as_an_extension(key, extension):
    assert columns([key])[0]["extension"] == extension


def test_names_are_left_out_where_they_are_not_kept():
    [row] = columns(["patients/jane.pdf"], keep_names=False)
    assert (row["prefix"], row["name"], row["extension"]) == ("patients/", "", "pdf")
