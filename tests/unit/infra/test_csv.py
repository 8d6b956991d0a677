"""CSV that people open in a spreadsheet."""

import csv
import io

import msgspec
import pytest

from storekeeper.infra.web import csv_of


class Row(msgspec.Struct):
    name: str
    amount: str


@pytest.mark.parametrize("name", ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\tx", "-"])
def test_what_people_name_is_no_formula_and_a_negative_number_stays_one(name):
    (row,) = csv.DictReader(io.StringIO(csv_of([Row(name, "-0.20")], "x.csv").content))
    assert row == {"name": f"'{name}", "amount": "-0.20"}
