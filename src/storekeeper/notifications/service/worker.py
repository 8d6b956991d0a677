"""Sends what is due. A target that is slow keeps one thread busy and delays no other."""

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog

from storekeeper.notifications.service.courier import Courier
from storekeeper.notifications.service.outbox import Outbox

POLL_SECONDS = 1.0
THREADS = 8

log = structlog.get_logger("notifications")


class Worker:
    """One thread looks for what is due; as many as needed, up to eight, send."""

    def __init__(self, outbox: Outbox, courier: Courier) -> None:
        self._outbox, self._courier = outbox, courier
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="notification")
        self._thread = threading.Thread(target=self._loop, name="notifications", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Wait for the attempts under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def step(self) -> None:
        """Begin with every target for which something is due."""
        for target in self._outbox.due_targets():
            with self._lock:
                if target in self._busy:
                    continue
                self._busy.add(target)
            self._pool.submit(self._serve, target)

    def _serve(self, target: str) -> None:
        try:
            self._courier.serve(target, self._stopping.is_set)
        except Exception:  # what was claimed is tried again when its lease is over
            log.exception("notifications could not be sent", target=target)
        finally:
            with self._lock:
                self._busy.discard(target)

    def _loop(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                self.step()
            except Exception:  # it is tried again in a second
                log.exception("notifications wait")
