"""The method of a projection in words."""

from datetime import date

from storekeeper.costs.rules.outlook.forecasting.interval import Errors
from storekeeper.costs.rules.outlook.forecasting.learning import Course
from storekeeper.costs.rules.outlook.forecasting.monthly import Repeat
from storekeeper.costs.rules.outlook.forecasting.season import LEAST_DAYS

NOTHING_LEARNT = (
    "No whole day is known yet: the pace of today goes on to the end of the month. The interval is a guess: from nothing more to "
    "twice as much."
)
_SEEN = 0.0005  # of the level; less is not worth a word


def tell(course: Course, off: Errors) -> str:
    """What the level is learnt from, what it changes by, where the interval comes from, and what is not certain."""
    parts = [_level(course), _weekdays(course), *_changes(course)]
    return f"{', '.join(part for part in parts if part)}. {_interval(course, off)}"


def tell_repeat(repeat: Repeat) -> str:
    """When the last month is repeated."""
    return (
        "The rest of the last month once more, because months go alike: this was much better than the level of the last days in each "
        f"of {repeat.errors.trials} months. The interval is by how far it was off in the worst of them, half as much again, and 10 %."
    )


def _level(course: Course) -> str:
    days = f"the last {course.recent} known days" if course.recent > 1 else "the only known day"
    if course.shifted is None:
        return f"The level of {days}, in which single bursts do not count"
    return f"The level since {date.fromordinal(course.shifted)}, when it changed"


def _weekdays(course: Course) -> str:
    if course.days < LEAST_DAYS:
        return f"without days of the week (they are learnt from {LEAST_DAYS} days on)"
    differ = max(course.season) - min(course.season) > _SEEN
    return "with what is usual on each day of the week" if differ else "the same on each day of the week"


def _changes(course: Course) -> list[str]:
    said = []
    if course.level > 0 and abs(course.trend) > _SEEN * course.level:
        said.append(f"with a trend of {course.trend / course.level:+.1%} a day that slowly dies away")
    if course.surplus > _SEEN:
        said.append(f"and {course.surplus:.1%} for bursts, as often as there were some before")
    return said


def _interval(course: Course, off: Errors) -> str:
    if off.trials:
        return f"The interval is by how far {off.trials} such projections of as many days would have been off in the past."
    few = "; there are few, so it is wide" if course.days < LEAST_DAYS else ""
    return f"The interval is by how much the {course.days} known days differ{few}."


def tell_missing(days: int) -> str:
    """What is said of days of the month that are not known."""
    if not days:
        return ""
    return f" {days} {'day' if days == 1 else 'days'} of this month {'is' if days == 1 else 'are'} not known, and estimated."
