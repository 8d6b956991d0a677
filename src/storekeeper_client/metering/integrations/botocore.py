"""boto3, botocore and aiobotocore, by botocore's own events.

Every HTTP request that got a response is one operation, for that is what providers bill: a call that was retried twice
is three operations, a multipart upload is one for each of its parts. An attempt without a response is counted as
unanswered. `latency_ms` is the time from sending the request to the response: to its headers where the body is
streamed (`GetObject`), to its end otherwise. A streamed body is recorded when it is done, with what was read of it.
Calls without a bucket, such as `ListBuckets`, belong to none and are left out. Transfers of the CRT library
(`boto3[crt]`) do not pass through botocore and are not seen.
"""

import threading
from collections.abc import Callable
from typing import Any

from storekeeper_client.metering.instrumented import Instrumented
from storekeeper_client.metering.note import Note
from storekeeper_client.metering.owner import current_owner
from storekeeper_client.metering.recorder import Recorder

from . import transfers
from .bodies import Reading, body_size
from .streams import count_body

_SERVICE = "s3"
_NOTHING: dict[str, str] = {}
_lock = threading.Lock()
_everywhere: "list[Handlers]" = []  # attached to every client that is made


class Handlers:
    """What botocore calls for each request, for one meter. Everything is caught: the host's request goes on.

    The program waits while this runs, and comes from far: nothing here is in the processor's caches, and for botocore to
    call a handler costs as much as a short one itself. Hence two handlers, of straight lines. What the program asked
    for is in the request's context, where botocore keeps it for buckets that turn out to be in another region.
    """

    def __init__(self, meter: Recorder) -> None:
        self._meter, self._now, self._monotonic = meter, meter.clock.now, meter.clock.monotonic
        self._slot = f"storekeeper-{id(meter)}"
        self._stopped = False

    def attach(self, events: Any) -> None:
        """Listen to an emitter, in place of earlier handlers of the same meter: nothing is counted twice."""
        for name, handler in self._wiring():
            unique = f"{self._slot}-{name}"
            events.unregister(name, unique_id=unique)
            events.register_last(name, handler, unique_id=unique)

    def stop(self) -> None:
        """Begin nothing more. The handlers stay where they are, for emitters are copied from session to client."""
        self._stopped = True

    def send(self, request: Any, operation_name: str, **_: Any) -> None:
        """A request was made and signed (this handler is the last), and is sent next."""
        try:
            context, data = request.context, request.data
            params = context["s3_redirect"]["params"]
            if params.get("Bucket") and (not self._stopped or self._slot in context):
                size = body_size(data, request.headers) if data else 0
                context[self._slot] = params, operation_name, size, self._now(), self._monotonic()
        except Exception as error:  # noqa: BLE001 - see the class
            self._meter.swallow(error)

    def receive(self, response_dict: Any, parsed_response: Any, context: Any, **_: Any) -> None:
        """A response came, or none did."""
        try:
            attempt = context.get(self._slot)
            if attempt is None:
                return
            if parsed_response is None:
                self._meter.miss()
                return
            params, name, sent, time, started = attempt
            seconds, tell = self._monotonic() - started, parsed_response.get
            about, body, length = parsed_response["ResponseMetadata"], tell("Body"), tell("ContentLength")
            status = about["HTTPStatusCode"]
            stream = getattr(body, "_raw_stream", None) if body is not None else None
            note = Note(
                time, params["Bucket"], name, status, current_owner(), params.get("Key"),
                tell("Error", _NOTHING).get("Code", "") if status >= 400 else "",
                sent, len(response_dict["body"] or b"") if stream is None else length or 0,
                length, tell("ContentRange"), seconds, about.get("RequestId", ""),
                tell("StorageClass") or params.get("StorageClass"),
            )  # fmt: skip
            if stream is None:
                self._meter.submit(note)
                return
            reading = Reading(length)
            reading.note, reading.submit = note, self._meter.submit
            if length == 0:
                reading.finish()
            body._raw_stream = count_body(stream, reading)  # noqa: SLF001 - so that checksum bodies stay what they are
        except Exception as error:  # noqa: BLE001 - see the class
            self._meter.swallow(error)

    def _wiring(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return (
            (f"request-created.{_SERVICE}", self.send),
            (f"response-received.{_SERVICE}", self.receive),
        )


def instrument_client(meter: Recorder, client: Any) -> Instrumented:
    """One client."""
    handlers = Handlers(meter)
    handlers.attach(client.meta.events)
    return Instrumented(handlers.stop)


def instrument_session(meter: Recorder, session: Any) -> Instrumented:
    """All S3 clients that this session makes from now on: a client copies the session's emitter."""
    handlers = Handlers(meter)
    handlers.attach(session.get_component("event_emitter"))
    return Instrumented(handlers.stop)


def instrument_all(meter: Recorder) -> Instrumented:
    """All S3 clients that botocore makes from now on."""
    handlers = Handlers(meter)
    with _lock:
        _everywhere.append(handlers)
        _watch_creation()
        transfers.carry_owner()

    def undo() -> None:
        handlers.stop()
        with _lock:
            _everywhere.remove(handlers)

    return Instrumented(undo)


def _watch_creation() -> None:
    """Have every new client attached to: sessions know no such event, so their one way to make a client is wrapped."""
    from botocore.client import ClientCreator  # noqa: PLC0415 - the host's library, only when it is metered

    create = ClientCreator.create_client
    if getattr(create, "storekeeper", False):
        return

    def create_client(self: Any, *args: Any, **kwargs: Any) -> Any:
        client = create(self, *args, **kwargs)
        if client.meta.service_model.service_name == _SERVICE:
            for handlers in tuple(_everywhere):
                handlers.attach(client.meta.events)
        return client

    create_client.storekeeper = True  # type: ignore[attr-defined]
    ClientCreator.create_client = create_client
