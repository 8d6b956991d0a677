"""The queue: bounded, in order, safe between threads and in the middle of itself."""

import gc
import threading

import pytest

from storekeeper_client.metering.buffer import Buffer
from storekeeper_client.metering.sampling import Sampler


def test_the_oldest_give_way_and_are_counted(make_operation):
    buffer = Buffer(3)
    for number in range(5):
        buffer.put(make_operation(id=str(number)))
    assert [operation.id for operation in buffer.take(10)] == ["2", "3", "4"]
    assert (buffer.recorded, buffer.dropped, len(buffer)) == (5, 2, 0)


@pytest.mark.parametrize(("room", "kept", "dropped"), [(10, "01234", 0), (4, "1234", 1), (2, "34", 3)])
def test_what_is_given_back_comes_first_again_as_far_as_there_is_room(make_operation, room, kept, dropped):
    buffer = Buffer(room)
    taken = [make_operation(id=str(number)) for number in range(3)]
    for operation in [make_operation(id="3"), make_operation(id="4")]:
        buffer.put(operation)
    buffer.give_back(taken)
    assert "".join(operation.id for operation in buffer.take(10)) == kept
    assert buffer.dropped == dropped


def test_threads_lose_nothing(make_operation):
    buffer, operation = Buffer(1000), make_operation()
    taken = []
    writers = [
        threading.Thread(target=lambda: [buffer.put(operation) for _ in range(5000)]) for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        taken += buffer.take(50)
    taken += buffer.take(1000)
    assert buffer.recorded == 20_000 == len(taken) + buffer.dropped


def test_the_garbage_collector_may_record_while_a_batch_is_taken(make_operation):
    buffer, operation = Buffer(100_000), make_operation()

    class Abandoned:
        def __init__(self):
            self.me = self

        def __del__(self):
            buffer.put(operation)

    for _ in range(2000):
        buffer.put(operation)
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(200):
            Abandoned()
            buffer.take(5)
    finally:
        gc.set_threshold(*threshold)
        gc.collect()
    assert buffer.recorded == 2200


def test_a_sample_weighs_as_much_as_what_it_stands_for(make_operation):
    chances = iter(number / 1000 for number in range(1000))
    sampler = Sampler(0.1, 1.0, lambda: next(chances))
    kept = [sampled for _ in range(1000) if (sampled := sampler.sample(make_operation()))]
    assert len(kept) == 100
    assert sum(operation.weight for operation in kept) == pytest.approx(1000)


def test_errors_have_a_rate_of_their_own(make_operation):
    sampler = Sampler(0.0, 1.0, lambda: 0.999)
    error = make_operation(status=503)
    assert sampler.sample(error) is error
    assert sampler.sample(make_operation()) is None
    assert Sampler(1.0, 0.5, lambda: 0.4).sample(error).weight == 2.0


def test_the_weight_that_is_there_is_multiplied(make_operation):
    assert Sampler(0.25, 1.0, lambda: 0.0).sample(make_operation(weight=3.0)).weight == 12.0


@pytest.mark.parametrize("rates", [(1.1, 1.0), (1.0, -0.1), (float("nan"), 1.0)])
def test_a_rate_is_a_share(rates):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Sampler(*rates, lambda: 0.0)
