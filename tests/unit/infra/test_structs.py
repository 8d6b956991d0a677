"""Types are ready before there are threads: whoever reads one while msgspec looks at it for the first time crashes."""

import subprocess
import sys

import pytest

# Each round makes types that nobody has read, which threads then read all at once.
PROGRAM = """
import sys, threading
import msgspec
from storekeeper.infra import structs
from storekeeper_client.decoding import decode

sys.setswitchinterval(1e-6)
way, answers = sys.argv[1], []
BODY = b'{"parts": [{"inner": {"name": "a"}}]}'

def read(kind, barrier):
    barrier.wait()
    answers.append((decode(BODY, kind) if way == "decode" else msgspec.json.decode(BODY, type=kind)).parts[0].inner.name)

for number in range(200):
    inner = msgspec.defstruct("Inner", [("name", str)] + [(f"field_{at}", str, "") for at in range(20)])
    part = msgspec.defstruct("Part", [("inner", inner)])
    whole = msgspec.defstruct("Whole", [("parts", list[part])])
    if way == "prepare":
        structs.prepare()
    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=read, args=(whole, barrier)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(answers), set(answers))
"""


@pytest.mark.parametrize("way", ["prepare", "decode"])
def test_threads_read_new_types_at_once(way):
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, way], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "800 {'a'}\n"), ran.stderr
