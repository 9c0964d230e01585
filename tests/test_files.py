"""What a server writes is for its own user alone, also what an older one left open to others."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Server, talk

from sbdash.files import make_private

Fresh = Callable[..., Server]
OURS = ("sbdash.sqlite3", "sbdash.sqlite3-wal", "sbdash.sqlite3-shm", "secret.key", "master.key", "first-run.json")


def open_to_others(server: Server) -> set[str]:
    files = [path for path in server.folder.rglob("*") if path.name != "server.log"]
    return {path.name for path in files if path.stat().st_mode & 0o077}


def test_every_file_of_a_running_server_is_its_user_s_alone(server: Server) -> None:
    server.take(talk("private", "alice"))
    assert {path.name for path in server.folder.iterdir()} >= set(OURS)
    assert open_to_others(server) == set()


def test_what_an_older_installation_left_open_is_closed(copy: Fresh) -> None:
    server = copy()
    for name in OURS:
        (server.folder / name).touch()
        (server.folder / name).chmod(0o644)
    server.manage("check")
    assert open_to_others(server) == set()


def test_a_key_on_a_read_only_mount_is_said_and_the_next_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mounted, ours, change = tmp_path / "master.key", tmp_path / "secret.key", Path.chmod
    for path in (mounted, ours):
        path.touch()
        path.chmod(0o644)

    def chmod(path: Path, mode: int) -> None:
        if path == mounted:
            raise OSError(errno.EROFS, "Read-only file system")
        change(path, mode)

    monkeypatch.setattr(Path, "chmod", chmod)
    make_private([mounted, ours])
    assert ours.stat().st_mode & 0o777 == 0o600
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["Read-only file system"]
