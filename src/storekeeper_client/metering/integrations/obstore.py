"""obstore: a store whose methods are metered.

obstore sends its requests from Rust, where nobody can listen, so what a call stands for is told by its arguments and
its result:

| call | operations |
| --- | --- |
| `get`, `get_range`, `get_ranges` | one `GetObject`; `get` is recorded when its body is done, with what was read |
| `put` | one `PutObject`; in parts `CreateMultipartUpload`, `UploadPart` for each, `CompleteMultipartUpload` |
| `head` | one `HeadObject` |
| `list` | one `ListObjectsV2` for every 1,000 objects begun |
| `list_with_delimiter` | the same, over objects and common prefixes |
| `copy` | one `CopyObject` |
| `rename` | one `CopyObject` and one `DeleteObjects` |
| `delete` | one `DeleteObjects` for every 1,000 paths begun |

This is what an `S3Store` sends. Retries inside obstore are not seen. Presigned URLs (`sign`) cause no request and are not metered.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from storekeeper_client.metering.recorder import Recorder

from .issued import Issued
from .results import Got, Listed, pages, rows
from .uploads import Upload


class Plan(NamedTuple):
    """How a method is metered: its operation, its first argument's name, what its result tells."""

    operation: str
    argument: str
    finish: Callable[[Issued, Any], Any]


class MeteredStore:
    """Stands for the store; `store` is the store itself, for the functions of the module `obstore`."""

    def __init__(self, meter: Recorder, store: Any, bucket: str) -> None:
        self.store = store
        self._meter, self._bucket = meter, bucket

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        plan = _PLANS.get(name.removesuffix("_async"))
        if plan is None:
            return method
        if (
            name.endswith("_async") and plan.finish is not Listed
        ):  # a listing is asynchronous by its iteration
            return self._awaited(method, plan)
        return self._called(method, plan)

    def __repr__(self) -> str:
        return f"MeteredStore({self.store!r})"

    def _called(self, method: Any, plan: Plan) -> Any:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            issued, args = self._issue(plan, args, kwargs)
            try:
                result = method(*args, **kwargs)
            except Exception as error:
                issued.fail(error)
                raise
            return self._finish(plan, issued, result)

        return call

    def _awaited(self, method: Any, plan: Plan) -> Any:
        @wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:
            issued, args = self._issue(plan, args, kwargs)
            try:
                result = await method(*args, **kwargs)
            except Exception as error:
                issued.fail(error)
                raise
            return self._finish(plan, issued, result)

        return call

    def _issue(
        self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Issued, tuple[Any, ...]]:
        subject = args[0] if args else kwargs.get(plan.argument)
        issued = Issued(self._meter, self._bucket, plan.operation, subject)
        if plan.operation == "PutObject":
            payload = args[1] if len(args) > 1 else kwargs.get("file")
            issued.upload = Upload(payload, kwargs)
            if len(args) > 1:
                args = (subject, issued.upload.payload, *args[2:])
            else:
                kwargs["file"] = issued.upload.payload
        return issued, args

    def _finish(self, plan: Plan, issued: Issued, result: Any) -> Any:
        try:
            answer = plan.finish(issued, result)
        except Exception as error:  # noqa: BLE001 - the host never suffers from its metering
            self._meter.swallow(error)
            return result
        return result if answer is None else answer


def wrap(meter: Recorder, store: Any, bucket: str) -> MeteredStore:
    """The store, metered. Raises ValueError when nothing says which bucket it is."""
    name = bucket or (getattr(store, "config", None) or {}).get("bucket", "")
    if not name:
        raise ValueError("the store's configuration names no bucket: pass bucket=")
    return MeteredStore(meter, store, name)


def _ranged(issued: Issued, result: Any) -> None:
    issued.record(received=len(result), latency=issued.latency())


def _ranges(issued: Issued, result: Any) -> None:
    issued.record(received=sum(map(len, result)), latency=issued.latency())


def _put(issued: Issued, _result: Any) -> None:
    upload = issued.upload
    if upload is None:
        return
    parts = upload.parts()
    if not parts:
        issued.record(sent=upload.size, size=upload.size, latency=issued.latency())
        return
    issued.record(operation="CreateMultipartUpload")
    for part in parts:
        issued.record(operation="UploadPart", sent=part)
    issued.record(operation="CompleteMultipartUpload", size=upload.size)


def _headed(issued: Issued, result: Any) -> None:
    issued.record(size=result["size"], latency=issued.latency())


def _listed_at_once(issued: Issued, result: Any) -> None:
    for _ in range(pages(len(result["common_prefixes"]) + rows(result["objects"]))):
        issued.record()


def _copied(issued: Issued, _result: Any) -> None:
    issued.record(latency=issued.latency())


def _renamed(issued: Issued, _result: Any) -> None:
    issued.record()
    issued.record(operation="DeleteObjects")


def _deleted(issued: Issued, _result: Any) -> None:
    paths = 1 if isinstance(issued.subject, str) else len(issued.subject)
    for _ in range(pages(paths)):
        issued.record(latency=issued.latency() if paths <= 1000 else None)


_PLANS = {
    "get": Plan("GetObject", "path", Got),
    "get_range": Plan("GetObject", "path", _ranged),
    "get_ranges": Plan("GetObject", "path", _ranges),
    "put": Plan("PutObject", "path", _put),
    "head": Plan("HeadObject", "path", _headed),
    "list": Plan("ListObjectsV2", "prefix", Listed),
    "list_with_delimiter": Plan("ListObjectsV2", "prefix", _listed_at_once),
    "copy": Plan("CopyObject", "from_", _copied),
    "rename": Plan("CopyObject", "from_", _renamed),
    "delete": Plan("DeleteObjects", "paths", _deleted),
}
