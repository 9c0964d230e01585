"""What pages say of the demonstration: from the file that its command writes."""

from pathlib import Path

from demo.state import State
from monitoring.dashboard.demo import FRESH, Filling, Shown, shown

NOW = 1_795_600_000.0
KEEP = 90 * 86_400.0


def test_without_a_file_nothing_is_simulated(tmp_path: Path) -> None:
    assert shown(tmp_path / "demo.json", False, NOW, KEEP) == Shown(False, False, None)
    (tmp_path / "demo.json").write_text("{")
    assert shown(tmp_path / "demo.json", True, NOW, KEEP) == Shown(False, True, None)


def test_the_past_is_filled_hour_by_hour(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    State(path, "story", NOW).save({"hour": 498_700, "done": 77, "of": 673}, NOW)
    assert shown(path, True, NOW + 1, KEEP) == Shown(True, True, Filling(498_700 * 3600, 77, 673))
    assert shown(path, True, NOW + FRESH + 1, KEEP) == Shown(True, True, None), "whoever filled it has ended"


def test_simulated_events_are_among_the_data_while_they_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    State(path, "story", NOW).save(None, NOW)
    assert shown(path, False, NOW + KEEP - 1, KEEP) == Shown(True, False, None)
    assert not shown(path, False, NOW + KEEP + 1, KEEP).data
