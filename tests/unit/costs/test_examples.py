"""The worked examples: their arithmetic is right, the engine agrees with it, and the page prints it."""

import re
from collections import Counter, defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest

from storekeeper.costs.model import NANO, Kind
from storekeeper.costs.rules.price import price
from unit.costs.examples import EXAMPLES, SECTIONS, markdown, sheets_for

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "how-costs-are-computed.md"
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)


def exactly(expression):
    """The value of an expression, in fractions: every number in it is exact."""
    exact = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r"Fraction('\1')", expression.replace("**", "^"))
    exact = re.sub(r"\^Fraction\('(\d+)'\)", r"**\1", exact)
    return eval(exact, {"__builtins__": {}}, {"Fraction": Fraction, "ceil": ceil})


def nano(value):
    return round(Fraction(value) * NANO)


@every_example
def test_the_arithmetic_is_right(example):
    for step in example.steps:
        assert nano(exactly(step.expression)) == nano(step.amount)
    total = sum((Decimal(step.amount) for step in example.steps), Decimal(0))
    assert total.quantize(Decimal("0.01"), ROUND_HALF_EVEN) == Decimal(example.total)


@every_example
def test_the_engine_agrees(example):
    found, unknown = defaultdict(int), 0
    for charge in price(example.facts, sheets_for(example.provider)):
        if charge.kind is Kind.UNCLASSIFIED:
            assert charge.amount is None
            unknown += 1
        else:
            found[charge.kind.value] += charge.amount
    expected = {step.kind: nano(step.amount) for step in example.steps}
    assert found.keys() == expected.keys()
    assert abs(sum(found.values()) - sum(expected.values())) <= len(expected)
    # Kinds that share a meter (storage and its padding) share the last nano-unit of each day.
    assert max((abs(found[kind] - expected[kind]) for kind in expected), default=0) <= 31
    total = Decimal(sum(found.values())) / NANO
    assert total.quantize(Decimal("0.01"), ROUND_HALF_EVEN) == Decimal(example.total)
    assert unknown == example.unclassified


def test_every_provider_has_four_or_more():
    assert len(SECTIONS) == 6
    assert {title: len(examples) for title, examples in SECTIONS.items() if len(examples) < 4} == {}
    assert (
        min(Counter(example.provider for example in EXAMPLES if example.provider != "folder").values()) >= 3
    )


def test_the_page_prints_the_examples():
    assert markdown() in PAGE.read_text()
