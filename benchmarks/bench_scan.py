"""A scan into analytics against what people use today to size a bucket, on the same server in the same run."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import BIN, add_bucket, scan, storekeeper, table, verdict, version
from benchmarks.servers import CREDENTIALS, rclone

FOLDERS, IN_A_FOLDER, FLAT, ROUNDS = 100, 1000, 30_000, 3


def main():
    with tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder:
        _make_files(Path(folder))
        with rclone(folder) as endpoint, storekeeper() as (server, _):
            for bucket in ("folders", "flat"):
                add_bucket(server, bucket, endpoint, CREDENTIALS)
            peers = _peers(endpoint)
            folders = _measure(server, "folders", FOLDERS * IN_A_FOLDER, peers)
            flat = _measure(server, "flat", FLAT, {name: peers[name] for name in list(peers)[:2]})
    return verdict(
        [
            ("at least twice as fast as rclone size on folders", folders["rclone size"] >= 2),
            ("at least ten times as fast as aws s3 ls --recursive on folders", folders["aws s3 ls"] >= 10),
            ("no slower than rclone size on a flat bucket", flat["rclone size"] >= 1),
        ]
    )


def _make_files(root):
    names = [f"folders/d{n // IN_A_FOLDER:03}/file-{n:06}.txt" for n in range(FOLDERS * IN_A_FOLDER)]
    for name in names + [f"flat/file-{n:06}.txt" for n in range(FLAT)]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (len(name) % 10))


def _peers(endpoint):
    remote = [
        BIN / "rclone", "--config", "", "--s3-provider", "Rclone", "--s3-endpoint", endpoint,
        "--s3-access-key-id", CREDENTIALS[0], "--s3-secret-access-key", CREDENTIALS[1],
    ]  # fmt: skip
    return {
        "rclone size": lambda bucket: [*remote, "size", f":s3:{bucket}"],
        "rclone size --fast-list": lambda bucket: [*remote, "size", "--fast-list", f":s3:{bucket}"],
        "aws s3 ls": lambda bucket: [
            BIN / "aws",
            "--endpoint-url",
            endpoint,
            "s3",
            "ls",
            "--recursive",
            f"s3://{bucket}",
        ],
    }


def _measure(server, bucket, objects, peers):
    """Best of some rounds, taken in turns; returns how much slower each peer was."""
    environ = {
        **os.environ,  # noqa: TID251 - the peers read theirs
        "AWS_ACCESS_KEY_ID": CREDENTIALS[0],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS[1],
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    seconds = {"storekeeper scan": []} | {name: [] for name in peers}
    scan(server, bucket)  # the server's own caches are warm for everybody
    for _ in range(ROUNDS):
        view = scan(server, bucket)
        if view.objects != objects:
            raise RuntimeError(f"{view.objects} objects instead of {objects}")
        seconds["storekeeper scan"].append((view.finished_at - view.started_at).total_seconds())
        for name, command in peers.items():
            begun = time.perf_counter()
            subprocess.run(
                [str(word) for word in command(bucket)],
                env=environ,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )
            seconds[name].append(time.perf_counter() - begun)
    best = {name: min(times) for name, times in seconds.items()}
    own = best["storekeeper scan"]
    table(
        f"{objects:,} objects, {bucket}: best of {ROUNDS} ({version(BIN / 'rclone', 'version')}, {version(BIN / 'aws', '--version').split()[0]})",
        ("", "seconds", "objects/s", "times ours"),
        [(name, f"{took:.2f}", f"{objects / took:,.0f}", f"{took / own:.1f}") for name, took in best.items()],
    )
    return {name: took / own for name, took in best.items()}


if __name__ == "__main__":
    sys.exit(main())
