"""What a server writes is for its own user alone, also what an older one left open to others."""

from collections.abc import Callable

from running import Server, talk

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
