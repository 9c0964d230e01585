"""Rules in a file: what is exported is imported again without a difference, and a wrong file changes nothing."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from msgspec.structs import replace

from monitoring.alerts import models, rule_file
from monitoring.alerts.rule import Invalid, Rule
from monitoring.alerts.rules import rules, save_rule
from monitoring.events.internal import Actor

pytestmark = pytest.mark.django_db
ADMIN = Actor("command", name="test")
RULE = Rule("Many errors", "error_rate", ">", 0.2)
SILENCE = "silences:\n- {to: '2999-01-01T00:00:00Z', match: {severity: notice}, reason: quiet}\n"


def test_an_export_is_imported_without_a_difference_and_a_change_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_rule(RULE, "test", ADMIN)
    file = tmp_path / "rules.yaml"
    call_command("rules", "export", file)
    assert rule_file.differences(rule_file.read(file.read_text())) == []
    file.write_text(file.read_text().replace("threshold: 0.2", "threshold: 0.3"))
    call_command("rules", "import", file, "--dry-run")
    assert "Many errors: threshold: 0.2 → 0.3" in capsys.readouterr().out
    assert by_name()["Many errors"] == RULE
    call_command("rules", "import", file)
    assert by_name()["Many errors"] == replace(RULE, threshold=0.3)


def test_a_shipped_rule_is_replaced_by_the_one_of_its_name_and_a_silence_is_added_once() -> None:
    text = (
        "rules:\n- {name: Slow response, figure: response_time, comparison: '>', threshold: 5.0, window_seconds: 0}\n"
    )
    file = rule_file.read(text + SILENCE.replace("2999-01-01", "2027-06-01"))
    assert [one.name for one in rule_file.apply(file, "test", ADMIN)] == ["Slow response", "quiet"]
    assert (rules()[1].source, rules()[1].rule.threshold) == ("saved", 5.0)
    assert rule_file.apply(file, "test", ADMIN) == []
    assert models.Silence.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: [{name: a, figure: nonsense, comparison: '>', threshold: 1.0}]", "is none of"),
        ("rules: [{name: a, figure: cost, comparison: '>'}]", "threshold"),
        ("rules: {", "not YAML"),
        ("more: 1", "more"),
        ("[" * 20_000, "nested too deeply"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        rule_file.read(text)
    (tmp_path / "f").write_text(text)
    with pytest.raises(CommandError):
        call_command("rules", "import", tmp_path / "f")
    assert not models.SavedRule.objects.exists()


def by_name() -> dict[str, Rule]:
    return {known.rule.name: known.rule for known in rules().values()}
