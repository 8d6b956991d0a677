"""Sums by bucket as lists, in which each bucket has its place."""

import pytest

from storekeeper.costs.analytics.shelves import NUMBER, Shelves

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("many", [0, 1, 2, 63, 64, 65, 129, 200])
def test_every_bucket_has_its_own_place(world, many):
    """Of any number of buckets; those that are not watched have none."""
    names = [f"bucket-{number}" for number in range(many)]
    shelves = Shelves(names)
    found = world.engine.rows(
        f"""
        SELECT {shelves.names} AS names, {shelves.sums("weight")} AS sums
        FROM (SELECT bucket, weight, {shelves.shelf} AS shelf
            FROM (SELECT {NUMBER} AS bucket, number + 1 AS weight FROM
                (SELECT number % 210 AS number, concat('bucket-', toString(number)) AS bucket_id FROM numbers(420)))
            WHERE bucket != 0)
        GROUP BY shelf""",
        **shelves.parameters,
    )
    listed = [
        pair for row in found for pair in zip(row["names"], row["sums"], strict=True) if pair != ("", 0)
    ]
    assert sorted(listed) == sorted((name, 2 * (number + 1)) for number, name in enumerate(names))
