"""One S3 request as it goes over the wire."""

from datetime import datetime

import msgspec


class Operation(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False, weakref=False
):
    """One S3 request. Sizes are bytes of bodies, without headers; what is left out is not known.

    `time` is when it was sent: aware, or whole milliseconds since 1970. `operation` is the name in the S3 API.
    `error` is the provider's code, such as `NoSuchKey`. `weight` says how many real requests this one stands for.
    """

    time: datetime | int
    bucket: str
    operation: str
    status: int
    id: str = ""
    owner: str = ""
    key: str = ""
    error: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    object_size: int | None = None
    latency_ms: float | None = None
    weight: float = 1.0
    client_ip: str = ""
    request_id: str = ""
    storage_class: str = ""

    @property
    def failed(self) -> bool:
        return self.status >= 400 or self.error != ""
