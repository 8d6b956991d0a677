"""Numbers on pages, made in Python."""

from decimal import Decimal

import pytest
from jinja2 import Undefined

from storekeeper.infra.web.values import UNKNOWN, amount, figures, sparkline


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1234, "count", '<data class="num" value="1234">1,234</data>'),
        (0.5, "percent", '<data class="num" value="0.5" title="50.0 %">50.0 %</data>'),
        ("<b>", "text", '<data class="num" value="&lt;b&gt;">&lt;b&gt;</data>'),
        (None, "count", str(UNKNOWN)),
        (Undefined(), "count", str(UNKNOWN)),
    ],
)
def test_an_amount_is_exact_for_machines_and_escaped(value, unit, expected):
    assert amount(value, unit) == expected


def test_cells_are_of_one_place_of_every_series():
    series = [{"values": [1, 2]}, {"values": [3, None]}]
    assert figures(series, 1, "count") == (
        f'<td class="number">{amount(2)}</td><td class="number">{UNKNOWN}</td>'
    )
    assert figures([], 0, "count") == ""


def test_a_sparkline_fills_its_box_and_leaves_gaps():
    drawn = sparkline([0, 10, None, Decimal(5), 2.5])
    assert 'd="M1.0 29.0L25.5 3.0M74.5 16.0L99.0 22.5"' in drawn
    assert 'd="M99.0 22.5h0"' in drawn


def test_a_flat_sparkline_is_in_the_middle():
    assert 'd="M1.0 16.0L99.0 16.0"' in sparkline([7, 7])


@pytest.mark.parametrize("values", [[], [1], [None, None], [None, 3]])
def test_less_than_two_values_are_no_line(values):
    assert sparkline(values) == ""
