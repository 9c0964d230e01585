"""Process tokens, and the check whether their process is gone."""

import os
import subprocess
import sys

from monitoring.db.process_token import host_token, is_process_gone, process_token


def test_a_process_that_has_ended_is_gone_and_one_that_runs_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_process_gone(process_token(ended.pid))
    assert not is_process_gone(process_token(os.getpid()))


def test_a_token_of_another_host_or_of_another_form_is_not_gone() -> None:
    assert not is_process_gone("another-host/0123456789ab:999999999")
    assert not is_process_gone("consistency")
    assert not is_process_gone(f"{host_token()}:")


def test_a_token_fits_its_column() -> None:
    assert len(process_token(4_194_304)) <= 64
