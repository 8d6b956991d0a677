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
from storekeeper_client.metering.recorder import Recorder

from . import transfers
from .calls import Call, body_size

_SERVICE = "s3"
_lock = threading.Lock()
_everywhere: "list[Handlers]" = []  # attached to every client that is made


class Handlers:
    """What botocore calls for each request, for one meter. Everything is caught: the host's request goes on."""

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

    def begin(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        """A call was made, in the program's own thread."""
        try:
            if (bucket := params.get("Bucket")) and not self._stopped:
                context[self._slot] = Call(model.name, bucket, params)
        except Exception as error:  # noqa: BLE001 - see the class
            self._meter.swallow(error)

    def send(self, request: Any, **_: Any) -> None:
        """A request was made and signed (this handler is the last), and is sent next."""
        try:
            call = request.context.get(self._slot)
            if call is not None:
                call.size = body_size(request.data, request.headers) if call.whole is None else call.whole
                call.time, call.sent = self._now(), self._monotonic()
        except Exception as error:  # noqa: BLE001 - see the class
            self._meter.swallow(error)

    def receive(self, response_dict: Any, parsed_response: Any, context: Any, **_: Any) -> None:
        """A response came, or none did."""
        try:
            call = context.get(self._slot)
            if call is None:
                return
            if parsed_response is None:
                self._meter.miss()
            else:
                call.receive(parsed_response, response_dict, self._monotonic(), self._meter.submit)
        except Exception as error:  # noqa: BLE001 - see the class
            self._meter.swallow(error)

    def _wiring(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return (
            (f"before-parameter-build.{_SERVICE}", self.begin),
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
