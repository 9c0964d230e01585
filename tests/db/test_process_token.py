"""Whose lease it is, and when nobody needs to wait for it."""

import os
import subprocess
import sys

from monitoring.db.process_token import here, is_process_gone, process_token


def test_a_process_that_ended_here_is_dead_and_one_that_runs_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_process_gone(process_token(ended.pid))
    assert not is_process_gone(process_token(os.getpid()))


def test_nobody_is_called_dead_who_lives_in_another_place_or_has_another_kind_of_name() -> None:
    assert not is_process_gone("another-host/0123456789ab:999999999")
    assert not is_process_gone("consistency")
    assert not is_process_gone(f"{here()}:")


def test_a_name_fits_its_column() -> None:
    assert len(process_token(4_194_304)) <= 64
