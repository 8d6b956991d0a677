"""A crash ends the server, whatever the engine in it does with signals."""

import signal

import pytest


@pytest.mark.parametrize("crash", [signal.SIGSEGV, signal.SIGABRT])
def test_it_does_not_hang(server, crash):
    with server.client() as client:
        assert client.get("/api/dashboard").status_code == 200  # the engine has worked
        server.process.send_signal(crash)
        assert server.process.wait(60) == -crash
    assert b"Fatal Python error" in (server.data.parent / "server.log").read_bytes()
    server.start()
