"""JSON records of any program: one a line, or one array. A column may be a path such as `request.size`."""

from typing import Any

import msgspec

from storekeeper.metering.importing import mapping, splitting
from storekeeper.metering.importing.model import Asked, MalformedError, OperationsFormat, Row, Skip

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def _row(line: bytes, asked: Asked) -> Row | Skip:
    try:
        values = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"line: {error}") from None
    return mapping.row_of(lambda field: _at(values, mapping.column(field, asked)), asked)


def _at(values: Any, path: str) -> Any:
    """What stands under a name, or under a path of names."""
    if path in values:
        return values[path]
    for name in path.split("."):
        if not isinstance(values, dict):
            return None
        values = values.get(name)
    return values


FORMAT = OperationsFormat(
    name="ndjson",
    about="JSON records, one a line or in one array.",
    records=splitting.json_records,
    row=_row,
    mapped=True,
)
