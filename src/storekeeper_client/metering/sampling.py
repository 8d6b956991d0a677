"""Which operations are kept, and for how many each of them stands."""

from collections.abc import Callable

import msgspec

from .operation import Operation


class Sampler:
    """Keeps a share of the successes and a share of the errors. Raises ValueError for shares that are none."""

    def __init__(self, success_rate: float, error_rate: float, random: Callable[[], float]) -> None:
        if not (0 <= success_rate <= 1 and 0 <= error_rate <= 1):
            raise ValueError("sampling rates are between 0 and 1")
        self.keeps_all = success_rate == 1 and error_rate == 1
        self._success_rate, self._error_rate, self._random = success_rate, error_rate, random

    def sample(self, operation: Operation) -> Operation | None:
        """The operation, weighted by the inverse of its chance (Horvitz and Thompson 1952), or nothing."""
        rate = self._error_rate if operation.failed else self._success_rate
        if rate == 1:
            return operation
        if self._random() >= rate:
            return None
        return msgspec.structs.replace(operation, weight=operation.weight / rate)
