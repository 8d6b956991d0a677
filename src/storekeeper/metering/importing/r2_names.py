"""Names of R2 buckets: those of a jurisdiction stand behind its name, as `eu_media`."""

from storekeeper.metering.importing.model import Asked

_JURISDICTIONS = ("eu_", "fedramp_")


def registered(name: str, asked: Asked) -> str:
    """The registered name of the bucket that a record names; empty when it is another bucket's."""
    found = asked.registered(name)
    for jurisdiction in _JURISDICTIONS:
        if not found and name.startswith(jurisdiction):
            found = asked.registered(name.removeprefix(jurisdiction))
    return found
