"""A server process that tests may kill; a folder's `conftest.py` takes the fixtures that it needs from here."""

import contextlib
import subprocess
import sys
import time

import httpx
import pytest

PASSWORD = "correct-horse-battery"


class Server:
    """A server process on one data directory, started again after every death."""

    def __init__(self, data, port):
        self.data, self.url = data, f"http://127.0.0.1:{port}"
        self._command = [
            sys.executable,
            "-m",
            "storekeeper",
            "serve",
            "--data-dir",
            str(data),
            "--port",
            str(port),
        ]
        self._log = (data.parent / "server.log").open("ab")
        self.process = None

    def start(self):
        environment = {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD, "PATH": ""}
        self.process = subprocess.Popen(self._command, env=environment, stdout=self._log, stderr=self._log)
        for _ in range(600):
            try:
                if httpx.get(self.url + "/health", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)  # noqa: TID251 - a real process takes real time
        pytest.fail("the server did not start")

    def end(self, *, kill):
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait()

    def client(self):
        """An administrator."""
        credentials = {"email": "admin@localhost", "password": PASSWORD}
        answer = httpx.post(self.url + "/api/auth/token", json=credentials, timeout=60)
        headers = {"Authorization": "Bearer " + answer.json()["accessToken"]}
        return httpx.Client(base_url=self.url, timeout=60, headers=headers)

    def close(self):
        self.end(kill=True)
        self._log.close()


@pytest.fixture
def server(tmp_path, free_port):
    with contextlib.closing(Server(tmp_path / "data", free_port())) as server:
        server.start()
        yield server


@pytest.fixture(scope="module")
def lasting_server(tmp_path_factory, free_port):
    """One for all tests of a file."""
    with contextlib.closing(Server(tmp_path_factory.mktemp("lasting") / "data", free_port())) as server:
        server.start()
        yield server
