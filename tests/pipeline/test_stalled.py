"""A stage that does not move though entries wait says so: in the log, once, and in its figures."""

import json
import logging
from datetime import UTC, datetime

import pytest
from running import message, until

from monitoring.events.envelope import Event, parse_all
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names, stages
from monitoring.pipeline import jobs
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit

pytestmark = pytest.mark.django_db


def test_a_stage_that_does_not_move_says_so_once_and_once_more_when_it_moves(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STALLED_SECONDS", 0.01)
    raws = [json.dumps(message("still", f"still-{n}", "user")).encode() for n in range(3)]
    commit([one for one in parse_all(raws, datetime.now(UTC)) if isinstance(one, Event)])
    until(lambda: lags(["stats"])["stats"].stalled_seconds > 0.01)
    with caplog.at_level(logging.WARNING):
        jobs.log_stalled(stage_names()[:1])
        jobs.log_stalled(stage_names()[:1])
        assert advance(stages()[0])
        jobs.log_stalled(stage_names()[:1])
        jobs.log_stalled(stage_names()[:1])
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("stage stats is at entry 0, 3 entries behind, it has not moved for ")
    assert second == "stage stats moves again, it is at entry 3"
    assert lags(["stats"])["stats"].stalled_seconds == 0
