"""Which tests one worker runs as a whole, and in which order."""

import re
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
ALL_DATABASES = "all databases"
"""The scope of all files that share a server on each database."""
_SHARED = re.compile(r"\beither: Server\b|\bserver_on_(postgresql|mongodb)\b")
"""How a file names these servers."""
LONGEST = (
    ALL_DATABASES, "ingest/test_mongo_follower.py", "test_databases.py", "upgrade/test_upgrade.py",
    "operations/test_consistency.py", "pipeline/test_workers.py", "dashboard/test_accessible.py",
    "ingest/test_import.py", "benchmarks/test_scripts.py", "failures/test_database_gone.py",
    "dashboard/test_frame.py", "dashboard/test_analysis_pages.py", "dashboard/test_time.py",
    "dashboard/test_session_page.py", "api/test_schemathesis.py", "dashboard/test_operations_page.py",
    "stats/test_listing.py", "pipeline/test_timeouts.py", "test_settings.py", "failures/test_descriptors.py",
    "dashboard/test_browser.py", "benchmarks/test_benchmarks.py", "failures/test_slow_disk.py",
    "dashboard/test_gap_bands.py", "failures/test_disk_full.py", "dashboard/test_kiosk_and_report.py",
    "dashboard/test_attention_strip.py", "demo/test_demo.py", "stats/test_questions.py", "demo/test_killed.py",
)  # fmt: skip
"""What takes longest. It comes first, so that no worker is waited for at the end."""


@cache
def scope(file: str) -> str:
    """What one worker runs as a whole: a file; or all those that share a server on each database, so that these servers
    run once."""
    return ALL_DATABASES if _SHARED.search((TESTS.parent / file).read_text()) else file.removeprefix("tests/")


def turn(item: pytest.Item) -> int:
    """The place of a test in the order of the run."""
    name = scope(item.nodeid.partition("::")[0])
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


class ByScope(LoadScopeScheduling):
    """Gives whole scopes to the workers, in the order of the run."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid.partition("::")[0])
