"""What an integration gives back."""

from collections.abc import Callable


class Instrumented:
    """What was instrumented, so that it can be undone."""

    def __init__(self, undo: Callable[[], None]) -> None:
        self._undo: Callable[[], None] | None = undo

    def undo(self) -> None:
        """Meter it no more. Requests that are under way are still recorded."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()
