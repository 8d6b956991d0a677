"""Numbers on pages, made in Python."""

from decimal import Decimal

import pytest
from jinja2 import Undefined

from storekeeper.infra.web.values import UNKNOWN, amount, chart_rows, sparkline, utc


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


def test_the_newest_moments_of_a_chart_come_first():
    payload = {
        "unit": "count",
        "times": ["2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z", "2026-11-20T14:00:00Z"],
        "series": [{"values": [9, 1, 2]}, {"values": [9, 3, None]}],
    }
    told = [[amount(2), UNKNOWN], [amount(1), amount(3)]]
    for row, hour, values in zip(chart_rows(payload, 2).split("\n"), (14, 13), told, strict=True):
        moment = f"2026-11-20T{hour}:00:00Z"
        head = f'<th scope="row"><time datetime="{moment}" data-show="local">{utc(moment)}</time></th>'
        cells = "".join(f'<td class="number">{value}</td>' for value in values)
        assert row == f"<tr>{head}{cells}</tr>"


def test_categories_of_a_chart_stay_in_order_and_are_escaped():
    payload = {"unit": "bytes", "categories": ["<b>", "c"], "series": [{"values": [1, 2]}]}
    assert chart_rows(payload, 1).split("\n") == [
        f'<tr><th scope="row">&lt;b&gt;</th><td class="number">{amount(1, "bytes")}</td></tr>',
        f'<tr><th scope="row">c</th><td class="number">{amount(2, "bytes")}</td></tr>',
    ]
    assert chart_rows({"unit": "count", "series": []}, 1) == ""


def test_a_moment_is_told_to_the_minute():
    assert utc("2026-11-20T12:34:56Z") == '2026-11-20 12:34<span class="without-script"> UTC</span>'


def test_a_sparkline_fills_its_box_and_leaves_gaps():
    drawn = sparkline([0, 10, None, Decimal(5), 2.5])
    assert 'd="M1.0 29.0L25.5 3.0M74.5 16.0L99.0 22.5"' in drawn
    assert 'd="M99.0 22.5h0"' in drawn


def test_a_flat_sparkline_is_in_the_middle():
    assert 'd="M1.0 16.0L99.0 16.0"' in sparkline([7, 7])


@pytest.mark.parametrize("values", [[], [1], [None, None], [None, 3]])
def test_less_than_two_values_are_no_line(values):
    assert sparkline(values) == ""
