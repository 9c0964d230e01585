"""Which jobs fail, as processes leave it in the database: each for itself, for as long as it may still be there."""

import pytest

from monitoring.ingest.source_state import recall_all, remember
from monitoring.operations import reader
from monitoring.operations.check import Check
from monitoring.operations.failing_jobs import Failure
from monitoring.operations.reader import CHECK, JOB_PREFIX, failing_jobs, remember_job

pytestmark = pytest.mark.django_db
HOLDS = 1_200.0


class Place:
    """A process, and what its clock says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch, self.now = monkeypatch, 1_000.0
        monkeypatch.setattr(reader, "time", lambda: self.now)

    def tell(self, process: str, error: str) -> None:
        self._patch.setattr(reader, "process_token", lambda number: process)
        remember_job("check", error, HOLDS)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(monkeypatch)


def errors() -> list[str]:
    return [job.error for job in failing_jobs()]


def test_a_process_that_is_well_does_not_speak_for_one_that_fails(place: Place) -> None:
    place.tell("there:1", "odd")
    place.tell("there:2", "")
    assert errors() == ["odd"]
    place.tell("there:1", "")
    assert (errors(), recall_all(JOB_PREFIX, Failure)) == ([], {})


def test_what_a_process_left_that_is_gone_holds_no_more(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.tell("there:1", "odd")
    place.now += HOLDS - 1
    assert errors() == ["odd"]
    place.now += 2
    assert errors() == []
    place.tell("here:1", "odd")
    monkeypatch.setattr(reader, "is_process_gone", lambda name: name == "here:1")
    assert errors() == []
    remember(f"{JOB_PREFIX}check", {"error": "of an older version", "since": 1})
    assert errors() == []
    place.tell("there:2", "")
    assert recall_all(JOB_PREFIX, Failure) == {}


def test_it_fails_since_it_first_failed_whatever_the_error_says(place: Place) -> None:
    place.tell("there:1", "no answer from port 50001")
    place.now += 60
    place.tell("there:2", "no answer from port 50002")
    place.now += 60
    place.tell("there:1", "no answer from port 50003")
    (job,) = failing_jobs()
    assert (job.since, job.error) == ("1970-01-01T00:16:40.000Z", "no answer from port 50003")


def test_the_error_of_a_report_is_the_application_s_alone(place: Place) -> None:
    report = Check(None, "the application does not answer", lambda difference: None, lambda sessions: True).run()
    remember_job(CHECK, "odd", HOLDS)
    assert report.error == "the application does not answer"
    assert errors() == ["odd"]
