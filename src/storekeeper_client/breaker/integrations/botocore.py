"""boto3, botocore and aiobotocore, by the same events of botocore by which they are metered.

Every attempt asks the breaker of its bucket just before it is made and signed, retries too: when the breaker opens in
the middle of a call, the call ends with BreakerOpenError instead of trying on. Nothing was sent then, and nothing is
metered. An attempt is settled by its response (to its headers where the body is streamed) or by its error; one that is
broken off, as when its task is cancelled, gives its permit back. Times of copies, of compositions and of bodies larger
than 1 MiB say more of the line than of the storage and are never slow. Calls without a bucket are not guarded.
"""

from collections.abc import Callable
from typing import Any

from storekeeper_client.breaker.classify import classify_answer
from storekeeper_client.breaker.model import Outcome
from storekeeper_client.breaker.registry import BreakerRegistry
from storekeeper_client.metering.integrations.bodies import body_size

from .calls import Attempt, watch_class, watch_client

_SERVICE = "s3"
_LARGE = 1 << 20
_LONG = frozenset({"CompleteMultipartUpload", "CopyObject", "SelectObjectContent", "UploadPartCopy"})


class Handlers:
    """What botocore calls for each request, for one registry."""

    def __init__(self, registry: BreakerRegistry) -> None:
        self._registry = registry
        self._slot = f"storekeeper-breaker-{id(registry)}"

    def attach(self, events: Any) -> None:
        """Listen to an emitter, in place of earlier handlers of the same registry."""
        for name, handler in self._wiring():
            unique = f"{self._slot}-{name}"
            events.unregister(name, unique_id=unique)
            events.register(name, handler, unique_id=unique)

    def begin(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        """A call was made."""
        if bucket := params.get("Bucket"):
            context[self._slot] = Attempt(bucket, model.name)

    def send(self, request: Any, **_: Any) -> None:
        """An attempt is to be made. Raises BreakerOpenError."""
        attempt = request.context.get(self._slot)
        if attempt is None:
            return
        attempt.long = attempt.operation in _LONG or (
            bool(request.data) and body_size(request.data, request.headers) > _LARGE
        )
        attempt.permit = self._registry.get(attempt.bucket).acquire()

    def receive(self, parsed_response: Any, context: Any, exception: Any = None, **_: Any) -> None:
        """A response came, or an error in its place."""
        attempt = context.get(self._slot)
        permit = attempt.take() if attempt is not None else None
        if permit is None:
            return
        if parsed_response is None:
            permit.end_by(exception)
            return
        about = parsed_response.get("ResponseMetadata", {})
        verdict = classify_answer(
            about.get("HTTPStatusCode", 200),
            parsed_response.get("Error", {}).get("Code", ""),
            about.get("HTTPHeaders", {}).get("retry-after", ""),
        )
        if verdict.outcome is Outcome.OK:
            permit.success(0.0 if attempt.long else None)
        else:
            permit.end(verdict)

    def give_up(self, context: Any, exception: Any, **_: Any) -> None:
        """The call ended by an error: that of an attempt without a response, such as one that can not be read."""
        attempt = context.get(self._slot)
        permit = attempt.take() if attempt is not None else None
        if permit is not None:
            permit.end_by(exception)

    def _wiring(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return (
            (f"before-parameter-build.{_SERVICE}", self.begin),
            (f"request-created.{_SERVICE}", self.send),
            (f"response-received.{_SERVICE}", self.receive),
            (f"after-call-error.{_SERVICE}", self.give_up),
        )


def guard_client(client: Any, registry: BreakerRegistry) -> None:
    """One client."""
    watch_client(client)
    Handlers(registry).attach(client.meta.events)


def guard_session(session: Any, registry: BreakerRegistry) -> None:
    """All S3 clients that this session of botocore or aiobotocore makes from now on."""
    events = session.get_component("event_emitter")
    events.register(f"creating-client-class.{_SERVICE}", watch_class, unique_id="storekeeper-breaker-class")
    Handlers(registry).attach(events)
