"""Whether the level has changed for good, and when: a few days in a row are enough, one or two are a burst."""

from collections.abc import Sequence

from storekeeper.costs.rules.outlook.forecasting.robust import (
    MEDIAN_ERROR,
    median,
    noise,
    scatter,
    scatters,
    slope,
)

LEAST_AFTER = 4  # days at the new level
_LEAST_BEFORE = 7
_WINDOW = 42
_SURE = 5.0  # standard errors between the two levels
_BETTER = 0.9  # of the deviations from a straight line are left


def found(numbers: Sequence[int], amounts: Sequence[float]) -> int | None:
    """The place of the first day at the new level; None when a level or a straight line tells as much."""
    offset = max(len(amounts) - _WINDOW, 0)
    recent, times = amounts[offset:], numbers[offset:]
    if len(recent) < _LEAST_BEFORE + LEAST_AFTER:
        return None
    splits = range(_LEAST_BEFORE, len(recent) - LEAST_AFTER + 1)
    before, after = list(scatters(recent)), list(scatters(reversed(recent)))
    left, place = min((before[at - 1] + after[len(recent) - at - 1], at) for at in splits)
    if not _is_sure(recent, place) or left > _BETTER * _left_by_line(times, recent):
        return None
    return offset + place


def _left_by_line(times: Sequence[int], amounts: Sequence[float]) -> float:
    rise = slope(times, amounts)
    return scatter([amount - rise * time for time, amount in zip(times, amounts, strict=True)])


def _is_sure(amounts: Sequence[float], at: int) -> bool:
    before, after = amounts[:at], amounts[at:]
    error = MEDIAN_ERROR * noise(amounts) * (1 / len(before) + 1 / len(after)) ** 0.5
    step = abs(median(after) - median(before))
    return step > 0 and step > _SURE * error
