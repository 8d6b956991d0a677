"""Bodies are reported once, with what was read, whichever way they end."""

import asyncio
import gc
import io

import pytest

from storekeeper_client.metering.integrations.streams import Count, CountedSync, count_body


class Broken(io.BytesIO):
    def read(self, *_):
        raise TimeoutError

    readinto = read


@pytest.fixture
def done():
    return []


class Told(Count):
    """Appends what it is told to a list."""

    def __init__(self, expected, told):
        self._told = told
        super().__init__(expected)

    def done(self, size, error):
        self._told.append((size, error))


def body(done, content=b"line 1\nline 2\n", *, expected=14, stream=None):
    return CountedSync(stream or io.BytesIO(content), Told(expected, done))


@pytest.mark.parametrize(
    "use",
    [
        lambda body: body.read(),
        lambda body: body.read(14),
        lambda body: [body.read(5) for _ in range(4)],
        lambda body: body.readinto(bytearray(100)),
        lambda body: body.readlines(),
        lambda body: [body.readline(), body.readline(), body.readline()],
        list,
    ],
)
def test_a_body_that_is_read_is_counted_once(done, use):
    metered = body(done)
    use(metered)
    assert done == [(14, "")]
    metered.close()
    del metered
    assert done == [(14, "")]


def test_without_a_length_the_end_is_the_end(done):
    metered = body(done, expected=None)
    assert metered.read(14)
    assert done == []
    assert metered.read(5) == b""
    assert done == [(14, "")]


def test_asking_for_nothing_is_not_the_end(done):
    metered = body(done, expected=None)
    assert metered.read(0) == b""
    assert done == []


def test_a_body_that_is_closed_early_counts_what_was_read(done):
    metered = body(done)
    metered.read(5)
    metered.close()
    assert done == [(5, "")]


def test_a_body_that_nobody_wants_is_noticed_without_the_garbage_collector(done):
    gc.disable()
    try:
        body(done).read(5)
        assert done == [(5, "")]
    finally:
        gc.enable()


@pytest.mark.parametrize("read", [lambda body: body.read(), lambda body: body.readinto(bytearray(5))])
def test_a_body_that_fails_says_so_and_fails(done, read):
    metered = body(done, stream=Broken())
    with pytest.raises(TimeoutError):
        read(metered)
    assert done == [(0, "TimeoutError")]


def test_the_rest_is_the_streams_own(done):
    metered = body(done)
    assert metered.getvalue() == b"line 1\nline 2\n"
    with pytest.raises(AttributeError):
        _ = metered.nothing


class Response:
    """A response of httpx, as far as a body uses it."""

    closed = False

    async def aiter_raw(self):
        yield b"12345"
        yield b"678"

    async def aclose(self):
        self.closed = True


def test_a_body_of_httpx_is_counted_as_it_is_iterated(done):
    async def use():
        metered = count_body(Response(), Told(8, done))
        chunks = [chunk async for chunk in metered.aiter_raw()]
        await metered.aclose()
        return chunks, metered.closed

    assert asyncio.run(use()) == ([b"12345", b"678"], True)
    assert done == [(8, "")]
