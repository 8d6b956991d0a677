"""Pure decisions about sources: what they may be set to, and when they are due."""

from collections.abc import Mapping
from datetime import datetime

from croniter import CroniterBadDateError, croniter

from storekeeper.metering.importing.pulling import PULLERS
from storekeeper.metering.importing.pulling.model import ImportSource, Puller, SourceSettingsError


def puller(form: str) -> Puller:
    """Raises SourceSettingsError for a format that can not be pulled."""
    if form not in PULLERS:
        raise SourceSettingsError(
            f"{form!r} can not be pulled.", hint=f"What can be: {', '.join(sorted(PULLERS))}."
        )
    return PULLERS[form]


def check_settings(form: Puller, settings: Mapping[str, str], *, has_secret: bool) -> None:
    """Raises SourceSettingsError for settings that are unknown or missing."""
    known = "; ".join(f"{name}: {about.rstrip('.')}" for name, about in form.settings.items()) + "."
    unknown = sorted(set(settings) - set(form.settings))
    if unknown:
        raise SourceSettingsError(f"{form.format} has no setting {', '.join(unknown)}.", hint=known)
    missing = [name for name in form.required if not settings.get(name)]
    if missing:
        raise SourceSettingsError(f"{form.format} needs the setting {', '.join(missing)}.", hint=known)
    if form.needs_secret and not has_secret:
        raise SourceSettingsError(f"{form.format} needs a secret.", hint="A token, or the key's secret.")


def check_cron(cron: str) -> None:
    """Raises SourceSettingsError for what is neither empty nor five cron fields."""
    if cron and (len(cron.split()) != 5 or not croniter.is_valid(cron)):
        raise SourceSettingsError(
            f"{cron!r} is not a cron schedule.", hint="Five fields in UTC, for example 10 * * * *."
        )


def next_run(source: ImportSource) -> datetime | None:
    """The schedule's first moment since the last pull, or since the source was made; None where there is none."""
    if source.paused or not source.cron:
        return None
    try:
        upcoming: datetime = croniter(source.cron, source.last_run_at or source.created_at).get_next(datetime)
    except CroniterBadDateError:  # the 31st of February
        return None
    return upcoming


def is_due(source: ImportSource, now: datetime) -> bool:
    """Whether the schedule had a moment since the last pull, or since the source was made."""
    upcoming = next_run(source)
    return upcoming is not None and upcoming <= now
