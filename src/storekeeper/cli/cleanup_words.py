"""How commands tell of clean-up."""

from collections.abc import Sequence

from storekeeper.cli.screen import count, many, size
from storekeeper_client.cleanup import CleanupChoice, CleanupPolicy, CleanupRun


def told(run: CleanupRun) -> str:
    parts = [f"{run.state}, {amounts(run.deleted, run.deleted_bytes)} of {count(run.planned)} deleted"]
    others: Sequence[tuple[int, str]] = (
        (run.spared, "spared"),
        (run.gone, "gone before"),
        (run.failed, "failed"),
        (run.restored, "brought back"),
    )
    parts += [f"{count(number)} {word}" for number, word in others if number]
    return ", ".join(parts) + "." + (f" {run.error}" if run.error else "")


def amounts(objects: int, bytes_: int) -> str:
    return f"{many(objects, 'object')} ({size(bytes_)})"


def in_words(choice: CleanupChoice) -> str:
    parts: list[str] = ["the whole bucket" if choice.whole_bucket else ", ".join(choice.prefixes)]
    parts.append(f"older than {many(choice.min_age_days, 'day')}")
    parts += [f"like {choice.pattern}"] if choice.pattern else []
    parts += [f"tagged {name}={value}" for name, value in choice.tags.items()]
    parts += [f"of at least {size(choice.min_size)}"] if choice.min_size is not None else []
    parts += [f"of at most {size(choice.max_size)}"] if choice.max_size is not None else []
    parts += ["not " + ", ".join(choice.excluded)] if choice.excluded else []
    return "; ".join(parts)


def runs_when(policy: CleanupPolicy) -> str:
    if not policy.enabled:
        return "never: it is switched off"
    if not policy.cron:
        return "when a plan is confirmed"
    return f"{policy.cron} (UTC)" if policy.confirmed else f"{policy.cron} (UTC), once a plan was confirmed"
