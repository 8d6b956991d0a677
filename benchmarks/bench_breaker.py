"""What a guarded call costs over a bare one, in nanoseconds, beside other breakers for Python.

The guarded function returns its argument at once. In a round each way of calling takes its turn, so that all suffer
alike from other programs; a figure is the best of the rounds, less that of the bare call. With several threads all
make their calls at the same time; a figure is the elapsed time over the calls of all threads, which is comparable with
that of one thread as long as the interpreter runs one of them at a time.

Ours does more for its price: it times each call (two readings of the clock) and keeps a sliding window. The default
window is by time; purgatory and pybreaker count failures in a row, and circuitbreaker too.
"""

import sys
import threading
import time
from importlib.metadata import version

import circuitbreaker
import purgatory
import pybreaker
from rich.console import Console
from rich.table import Table

from storekeeper_client.breaker import BreakerConfig, CircuitBreaker, Window

ROUNDS = {1: 40, 4: 12, 16: 4}
CALLS = {1: 8_000, 4: 16_000, 16: 16_000}  # of each thread: enough for it to be interrupted
THREADS = tuple(ROUNDS)
GOAL = 500.0
PEERS = ("circuitbreaker", "purgatory", "pybreaker")


def answer(value):
    return value


def ours(config=None):
    return CircuitBreaker("media", config or BreakerConfig())


def loops():
    """What runs `count` calls, by name: each loop is written out, so that nothing but the call differs."""
    breaker, counting = ours(), ours(BreakerConfig(window=Window.COUNT))
    other = pybreaker.CircuitBreaker(fail_max=3)
    factory = purgatory.SyncCircuitBreakerFactory(default_threshold=3)
    guarded = {
        "bare": answer,
        "decorated": breaker.guarded(answer),
        "decorated, window by count": counting.guarded(answer),
        "circuitbreaker": circuitbreaker.circuit(failure_threshold=3)(answer),
        "purgatory": factory("media")(answer),
        "pybreaker": other(answer),
    }
    made = {name: calling(function) for name, function in guarded.items()}
    return made | {"breaker.call": by_call(breaker), "with breaker.acquire()": in_block(breaker)}


def calling(function):
    def run(count):
        for number in range(count):
            function(number)

    return run


def by_call(breaker):
    call = breaker.call

    def run(count):
        for number in range(count):
            call(answer, number)

    return run


def in_block(breaker):
    def run(count):
        for number in range(count):
            with breaker.acquire():
                answer(number)

    return run


def elapsed(run, threads):
    """Nanoseconds for each call."""
    each = CALLS[threads]
    if threads == 1:
        start = time.perf_counter_ns()
        run(each)
        return (time.perf_counter_ns() - start) / each
    gate = threading.Barrier(threads + 1)

    def work():
        gate.wait()
        run(each)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    gate.wait()
    start = time.perf_counter_ns()
    for worker in workers:
        worker.join()
    return (time.perf_counter_ns() - start) / (each * threads)


def measure(threads):
    """What each way adds to a bare call, and the bare call itself."""
    ways = loops()
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS[threads]):
        for name, run in ways.items():
            best[name] = min(best[name], elapsed(run, threads))
    bare = best["bare"]
    return {name: cost if name == "bare" else cost - bare for name, cost in best.items()}


def main():
    """Print the figures; 1 when a goal is missed."""
    console = Console()
    figures = {threads: measure(threads) for threads in THREADS}
    peers = ", ".join(f"{name} {version(name)}" for name in PEERS)
    table = Table(title=f"{peers}, Python {sys.version.split()[0]}: nanoseconds that each call costs more")
    table.add_column("call")
    for threads in THREADS:
        table.add_column("1 thread" if threads == 1 else f"{threads} threads", justify="right")
    for name in figures[1]:
        table.add_row(name, *(f"{figures[threads][name]:.0f}" for threads in THREADS))
    console.print(table)
    reached = all(
        own[name] < GOAL and own[name] < min(own[peer] for peer in PEERS)
        for own in figures.values()
        for name in ("decorated", "breaker.call")
    )
    console.print(
        f"Goals, decorated or by call: less than {GOAL:.0f} ns and than each peer, with 1, 4, 16 threads."
    )
    console.print("Reached." if reached else "[bold red]Missed.[/]")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
