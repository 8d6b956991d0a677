"""The meter: what a program sees of metering."""

import importlib
import os
import random as randomness
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, ParamSpec, Self, TypeVar

import msgspec

from storekeeper.kernel.clock import Clock, SystemClock

from . import lifecycle
from .advice import DEFAULTS, Counsel
from .batch import Packer
from .buffer import Buffer
from .courier import Courier
from .engine import Engine
from .instrumented import Instrumented
from .limits import Limits
from .measuring import Measured, Named, measured_function
from .note import Note
from .operation import Operation
from .owner import current_owner, owner_finder
from .sampling import Sampler
from .spill import Spill
from .stats import Stats
from .worker import Worker

_P = ParamSpec("_P")
_R = TypeVar("_R")
_S = TypeVar("_S")


class Meter:
    """Collects operations and sends them to Storekeeper in batches, from a thread of its own.

    Only the constructor raises (ValueError for settings that make no sense). A batch goes when `batch_size` operations
    wait, or after `flush_interval` seconds. Of successes the share `success_rate` is kept, each weighted by its inverse,
    and of errors the share `error_rate`. `max_queue` operations are kept while the server is away; the oldest give
    way, or go to `spill_dir` (at most `max_spill` bytes), from where a later start takes them up. `owner_pattern`,
    such as `users/{owner}/`, finds the owner of keys for which the program named none. Which of the first four are
    not given, the server is asked for, in the background and now and then; until it answers they are the defaults.

    A meter made before a fork works in parent and children alike; each sends what it recorded itself. With
    `background=False` there is no thread, and nothing is sent but by `flush()`, which suits functions that are frozen
    between calls. At exit, up to `exit_timeout` seconds are spent on what is left.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        batch_size: int | None = None,
        flush_interval: float | None = None,
        success_rate: float | None = None,
        error_rate: float | None = None,
        max_queue: int = 10_000,
        spill_dir: str | os.PathLike[str] | None = None,
        max_spill: int = 64 << 20,
        compress: Literal["gzip"] | None = "gzip",
        owner_pattern: str = "",
        request_timeout: float = 10.0,
        exit_timeout: float = 5.0,
        background: bool = True,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self.clock = clock or SystemClock()
        said = {
            "batch_size": batch_size,
            "flush_interval": flush_interval,
            "success_rate": success_rate,
            "error_rate": error_rate,
        }
        self._said = {name: value for name, value in said.items() if value is not None}
        self._random, self._background = random, background
        self._limits = Limits(
            batch_size=min(int(DEFAULTS["batch_size"]), max_queue),
            max_queue=max_queue,
            max_spill=max_spill,
            request_timeout=request_timeout,
            exit_timeout=exit_timeout,
        )
        self._limits, self._sampler = self._tuned({})
        self._packer = Packer(owner_finder(owner_pattern), compress == "gzip")
        self._new_courier = partial(Courier, url, token, timeout=request_timeout, tls=tls)
        self._folder = Path(spill_dir) if spill_dir is not None else None
        self._take_over(self._new_engine(adopt=True))
        self._engine.resume()
        lifecycle.enroll(self)

    def record(self, operation: Operation) -> None:
        """Take note of one operation; without an owner of its own it gets the one in force."""
        if operation.owner == "" and (name := current_owner()):
            operation = msgspec.structs.replace(operation, owner=name)
        self.submit(operation)

    def miss(self) -> None:
        """Take note of an attempt that nobody answered."""
        self._engine.buffer.miss()

    def measure(self, operation: str, bucket: str, key: str = "") -> Measured:
        """A block that is one operation: `with meter.measure("GetObject", "media", key) as m: m.bytes_out = …`."""
        return Measured(self, operation, bucket, key)

    def operation(
        self, name: str, *, bucket: Named, key: Named = ""
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """A decorator: each call of the function, sync or async, is one operation.

        `bucket` and `key` are names, or functions that get the call's arguments and return them.
        """
        return lambda function: measured_function(self, function, name, bucket, key)

    def instrument_boto3(self) -> Instrumented:
        """Meter the S3 clients and resources that boto3 and botocore make from now on, in every session."""
        done: Instrumented = _integration("botocore").instrument_all(self)
        return done

    def instrument_botocore_client(self, client: Any) -> Instrumented:
        """Meter one S3 client of boto3, botocore or aiobotocore that is there already."""
        done: Instrumented = _integration("botocore").instrument_client(self, client)
        return done

    def instrument_aiobotocore(self, session: Any) -> Instrumented:
        """Meter the S3 clients that this session of aiobotocore (or of botocore) makes from now on."""
        done: Instrumented = _integration("botocore").instrument_session(self, session)
        return done

    def wrap_obstore(self, store: _S, *, bucket: str = "") -> _S:
        """The store with its methods metered. Without `bucket` it is the one in the store's configuration.

        Raises ValueError when that names none. The functions of the module `obstore` take plain stores only: call
        the wrapped store's methods instead.
        """
        wrapped: _S = _integration("obstore").wrap(self, store, bucket)
        return wrapped

    def flush(self, timeout: float = 5.0) -> bool:
        """Send everything now; whether the server has answered for all of it within that many seconds."""
        try:
            return self._engine.flush(timeout)
        except Exception as error:  # noqa: BLE001 - the host never suffers from its metering
            self.swallow(error)
            return False

    def close(self) -> None:
        """Flush for at most `exit_timeout` seconds; what is left goes to disk, or is dropped and counted."""
        lifecycle.dismiss(self)
        try:
            self._engine.close(self._limits.exit_timeout)
        except Exception as error:  # noqa: BLE001 - the host never suffers from its metering
            self.swallow(error)

    def stats(self) -> Stats:
        """What became of the operations so far."""
        return self._engine.stats()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start_over(self) -> None:
        """Leave to the parent process what it recorded: this is a forked child."""
        self._engine.retire()
        self._take_over(self._new_engine(adopt=False))

    def swallow(self, error: Exception) -> None:
        """Log a fault of the meter itself instead of raising it."""
        self._engine.swallow(error)

    def _take_over(self, engine: Engine) -> None:
        """Work with this engine from now on.

        `submit` takes operations, or notes of them, as they are, without looking for an owner. It belongs to this process: a
        request that was under way during a fork is recorded by the parent only.
        """
        self._engine = engine
        self.submit: Callable[[Operation | Note], None] = engine.record

    def _new_engine(self, *, adopt: bool) -> Engine:
        limits = self._limits
        buffer = Buffer(limits.max_queue)
        spill = Spill(self._folder, limit=limits.max_spill, adopt=adopt) if self._folder is not None else None
        worker = Worker(
            buffer,
            self._packer,
            self._new_courier(),
            limits=limits,
            clock=self.clock,
            random=self._random,
            spill=spill,
        )
        counsel = Counsel(self._new_courier().settings, self._tuned, self.clock)
        return Engine(
            buffer,
            worker,
            self._sampler,
            limits=limits,
            clock=self.clock,
            background=self._background,
            counsel=counsel if self._said.keys() < DEFAULTS.keys() else None,
        )

    def _tuned(self, advice: Mapping[str, float]) -> tuple[Limits, Sampler]:
        """By what the program said, else what the server advises, else the defaults. Raises ValueError."""
        chosen = {**DEFAULTS, **advice, **self._said}
        size = int(chosen["batch_size"])
        limits = msgspec.structs.replace(
            self._limits,
            batch_size=size if "batch_size" in self._said else min(size, self._limits.max_queue),
            flush_interval=chosen["flush_interval"],
        )
        return limits, Sampler(chosen["success_rate"], chosen["error_rate"], self._random)


def _integration(name: str) -> Any:
    """The module of that name. It is loaded on demand, and so is the library that it serves."""
    return importlib.import_module(f".integrations.{name}", __package__)
