"""A disk that is full: 503 and Retry-After; what was acknowledged is there; with room it goes on by itself."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from running import Postgres, Server, until
from senders import Senders, right

Fresh = Callable[..., Server]


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of its own, of 24 MB."""
    place = Path(tempfile.mkdtemp(prefix="sbdash-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
    place.rmdir()


def fill(disk: Path, left: int = 0) -> Path:
    """A file that takes what is free on a disk, but so much."""
    plug = disk / "plug"
    with open(plug, "wb") as file:
        try:
            while (free := shutil.disk_usage(disk).free) > left:
                file.write(b"\0" * min(65_536, max(4096, free - left)))
                file.flush()
        except OSError:
            pass
    return plug


def full_and_free_again(server: Server, disk: Path) -> Senders:
    with Senders(server).sending() as senders:
        until(lambda: len(senders.acknowledged) > 100)
        plug = fill(disk)
        filled = time.monotonic()
        refused = senders.refused(filled)
        assert refused.retry_after == "5"
        assert "send it again" in refused.words
        print(f"\nfull: first 503 after {refused.ended - filled:.2f} s, it took {refused.took:.2f} s")
        time.sleep(3)
        while server.get("/healthz").status != 200 or senders.statuses(time.monotonic() - 0.5)[200]:
            time.sleep(0.5)
            fill(disk)
        plug.unlink()
        freed = time.monotonic()
        taken = senders.taken(freed)
        print(f"free: first 200 after {taken.ended - freed:.2f} s; {senders.statuses()}, longest {senders.longest:.2f}")
        time.sleep(1)
    assert senders.longest < 12
    assert "the journal could not be written" in server.log
    assert "the journal is written again" in server.log
    assert server.log.count("Traceback") < 20, "a full disk is not told again and again"
    return senders


def test_sqlite_on_a_full_disk(copy: Fresh, disk: Path) -> None:
    prepared = copy()
    folder = disk / "data"
    shutil.copytree(prepared.folder, folder)
    (folder / "server.log").symlink_to(prepared.folder / "server.log")
    server = replace(prepared, folder=folder)
    (prepared.folder / "server.log").touch()
    server.start()
    try:
        senders = full_and_free_again(server, disk)
        right(server, senders)
    finally:
        server.stop()


def test_postgresql_whose_journal_lies_on_a_full_disk(copy: Fresh, disk: Path) -> None:
    home = Postgres.started()
    server = Server(copy().folder, home.database())
    try:
        os.chmod(disk, 0o700)
        if os.geteuid() == 0:
            shutil.chown(disk, "postgres", "postgres")
        server.manage("migrate", "--verbosity", "0")
        (server.folder / "first-run.json").unlink()
        server.manage("first_run")
        name = server.database.rpartition("/")[2]
        with psycopg.connect(home.address("postgres"), autocommit=True) as line:
            line.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
        with psycopg.connect(home.address(name), autocommit=True) as line:
            line.execute("ALTER TABLE journal_entry SET TABLESPACE small")
        server.start()
        senders = full_and_free_again(server, disk)
        right(server, senders)
    finally:
        server.stop()
        home.stop()
