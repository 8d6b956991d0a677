"""What is sent when: step by step, without a thread, a network or a wait."""

import http.client
import logging

import msgspec
import pytest

from storekeeper_client.metering.verdict import Answer

AWAY = ConnectionRefusedError("nobody there")


def ids(batch):
    return [msgspec.json.decode(line)["id"] for line in batch.body.splitlines()]


def run(worker):
    """Step until there is nothing to do now; for how many seconds."""
    while (wait := worker.step()) == 0:
        pass
    return wait


def test_nothing_is_sent_before_a_batch_is_full_or_the_interval_over(make_worker, server, clock, fill):
    worker = make_worker()
    fill(9)
    assert worker.step() == 30
    clock.advance(29)
    assert worker.step() == pytest.approx(1)
    assert server.batches == []
    clock.advance(1)
    assert worker.step() == 0
    assert ids(server.batches[0]) == list("012345678")


def test_far_behind_batches_are_large_while_the_server_takes_them(make_worker, server, fill, clock):
    worker = make_worker(max_queue=1000)
    server.script = [None, Answer(503, {}, b"")]
    fill(80)
    run(worker)
    assert [batch.count for batch in server.batches] == [10, 70]
    fill(10)
    clock.advance(60)
    run(worker)
    assert [batch.count for batch in server.batches] == [10, 70, 70, 10]


def test_full_batches_go_at_once_and_the_rest_with_the_interval(make_worker, server, fill, clock):
    worker = make_worker()
    fill(25)
    assert run(worker) == 30
    assert [batch.count for batch in server.batches] == [10, 10]
    clock.advance(30)
    run(worker)
    assert [batch.count for batch in server.batches] == [10, 10, 5]
    assert worker.idle


def test_a_hurry_sends_what_there_is(make_worker, server, fill):
    worker = make_worker()
    fill(12)
    worker.hurry()
    run(worker)
    assert [batch.count for batch in server.batches] == [10, 2]
    fill(1)
    assert run(worker) > 0
    assert len(server.batches) == 2  # the hurry is over


@pytest.mark.parametrize(
    "trouble",
    [AWAY, TimeoutError(), http.client.RemoteDisconnected(), UnicodeError("idna"), Answer(503, {}, b"")],
    ids=repr,
)
def test_trouble_that_may_pass_is_retried_with_the_same_bytes_and_key(
    make_worker, server, fill, clock, trouble
):
    worker = make_worker()
    server.script = [trouble, trouble]
    fill(10)
    assert run(worker) == 0.5  # half of one second
    assert run(worker) == 0.5
    clock.advance(0.5)
    assert run(worker) == 1.0
    clock.advance(1)
    run(worker)
    assert len(server.batches) == 3
    assert len(set(map(str, server.batches))) == 1
    assert (worker.tally.accepted, worker.tally.retries, worker.idle) == (10, 2, True)


def test_the_server_says_how_long_to_wait(make_worker, server, fill):
    worker = make_worker()
    server.script = [Answer(429, {"retry-after": "120"}, b"")]
    fill(10)
    assert run(worker) == 120.5


def test_a_hurry_tries_at_once_even_after_a_failure(make_worker, server, fill):
    worker = make_worker()
    server.script = [Answer(503, {"retry-after": "120"}, b"")]
    fill(10)
    run(worker)
    worker.hurry()
    run(worker)
    assert worker.idle


def test_what_the_server_rejects_is_counted_and_not_sent_again(make_worker, server, fill):
    worker = make_worker()
    reply = {"accepted": 7, "duplicates": 1, "rejected": [{"index": 0, "reason": "unknown-bucket"}] * 2}
    server.script = [Answer(200, {}, msgspec.json.encode(reply))]
    fill(10)
    run(worker)
    tally = worker.tally
    assert (tally.accepted, tally.duplicates, tally.rejected, tally.dropped) == (7, 1, 2, 0)
    assert tally.last_error == "rejected: unknown-bucket"
    assert (len(server.batches), worker.idle) == (1, True)


def test_a_refused_batch_does_not_hold_up_the_next(make_worker, server, fill):
    worker = make_worker()
    server.script = [Answer(403, {}, b'{"detail":"Scope ingest is missing."}')]
    fill(20)
    run(worker)
    assert (worker.tally.dropped, worker.tally.accepted) == (10, 10)
    assert "Scope ingest is missing" in worker.tally.last_error


def test_a_batch_that_breaks_the_server_is_given_up_in_the_end(make_worker, server, fill, clock):
    worker = make_worker(strikes=3)
    server.script = [Answer(500, {}, b""), Answer(503, {}, b""), Answer(500, {}, b""), Answer(500, {}, b"")]
    fill(20)
    while not worker.idle:
        clock.advance(worker.step())
    assert (worker.tally.dropped, worker.tally.accepted) == (10, 10)


def test_while_the_server_is_away_there_is_one_batch_besides_the_queue(
    make_worker, server, fill, clock, buffer
):
    worker = make_worker()
    server.script = [AWAY] * 50
    for _ in range(50):
        fill(10)
        clock.advance(worker.step())
    assert (worker.left(), len(buffer)) == ((110, 0), 100)
    assert len({batch.id for batch in server.batches}) == 1


def test_the_end_drops_what_is_left_and_counts_it(make_worker, server, fill):
    worker = make_worker()
    server.script = [AWAY]
    fill(25)
    worker.step()
    worker.end()
    assert (worker.tally.dropped, worker.idle) == (25, True)
    assert worker.step() > 0
    assert (len(server.batches), server.closed) == (1, True)


def test_the_end_may_come_while_a_request_is_under_way(make_worker, fill, server):
    worker = make_worker()
    fill(10)
    answer = server.post

    def interrupted(batch):
        worker.end()
        assert not server.closed
        return answer(batch)

    server.post = interrupted
    worker.step()
    assert server.closed
    assert (worker.tally.accepted, worker.tally.dropped, worker.idle) == (0, 10, True)


def test_losses_are_logged_once_a_minute(make_worker, server, fill, clock, caplog):
    worker = make_worker()
    server.script = [Answer(400, {}, b"")] * 30
    with caplog.at_level(logging.WARNING, "storekeeper.metering"):
        for _ in range(6):
            fill(50)
            run(worker)
            clock.advance(20)
    assert [record.args[0] for record in caplog.records] == [10, 140]


def test_values_that_can_not_be_sent_are_lost_alone(make_worker, server, buffer, make_operation):
    worker = make_worker()
    for number in range(10):
        buffer.put(make_operation(id=str(number), key="\ud800" if number == 4 else "good"))
    run(worker)
    assert ids(server.batches[0]) == list("012356789")
    assert (worker.tally.accepted, worker.tally.dropped) == (9, 1)


def test_a_batch_of_nothing_but_such_values_is_not_sent(make_worker, server, buffer, make_operation):
    worker = make_worker()
    for _ in range(10):
        buffer.put(make_operation(key="\ud800"))
    run(worker)
    assert (server.batches, worker.tally.dropped, worker.idle) == ([], 10, True)
