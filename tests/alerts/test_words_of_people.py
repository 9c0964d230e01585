"""Names and reasons that people write are printable: what hides text, and what PostgreSQL cannot store, is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command
from msgspec.structs import replace

from monitoring.alerts import models
from monitoring.alerts.rows import Match
from monitoring.alerts.rule import Invalid, Rule, valid
from monitoring.alerts.rules import rules, save_rule
from monitoring.alerts.silences import NewSilence, preview, save_silence
from monitoring.events.internal import Actor

ADMIN = Actor("command", name="test")
RULE = Rule("Many tokens", "tokens", ">", 5.0, scope="model", window_seconds=60)
ALL = Match()
ODD = ["   ", "a\0b", "a\nb", "a\x07b", "a\u202eb", "a\u200bb"]


@pytest.mark.parametrize("odd", ODD)
def test_a_rule_has_a_printable_name_and_match(odd: str) -> None:
    for field in ("name", "match"):
        with pytest.raises(Invalid, match=f"{field}: must have 1 to"):
            valid(replace(RULE, **{field: odd}))
    assert valid(replace(RULE, name="Größe 漢字 🐌", match="gpt 4"))


@pytest.mark.django_db
@pytest.mark.parametrize("odd", ODD)
def test_a_silence_has_a_printable_scope_and_reason(odd: str) -> None:
    for new in (silence(reason=odd), silence(Match(scope=odd))):
        with pytest.raises(Invalid, match="printable characters"):
            save_silence(new, "test", ADMIN)
    with pytest.raises(Invalid, match="scope: "):
        preview(Match(scope=odd))
    assert not models.Silence.objects.exists()


@pytest.mark.django_db
def test_a_silence_of_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid, match="match: there is no rule 987654"):
        save_silence(silence(Match(rule=987654)), "test", ADMIN)
    assert save_silence(silence(Match(rule=1, scope="", severity="notice"), "works"), "test", ADMIN).match.rule == 1


@pytest.mark.django_db
def test_a_file_with_an_odd_reason_is_refused_also_by_a_dry_run(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text('silences: [{to: "2999-01-01T00:00:00Z", reason: "a\\0b"}]')
    with pytest.raises(CommandError, match="reason: must have at most 300"):
        call_command("rules", "import", file, "--dry-run")


@pytest.mark.django_db
def test_a_rule_whose_figure_is_gone_is_listed_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    saved = save_rule(replace(RULE, name="Of the past"), "test", ADMIN)
    text = msgspec.json.encode(replace(RULE, name="Of the past", figure="gone")).decode()
    models.SavedRule.objects.filter(key=saved.key).update(rule=text)
    assert rules()[saved.key].rule.figure == rules()[saved.key].rule.figure == "gone"
    assert caplog.text.count("the rule 'Of the past' cannot be evaluated: figure 'gone' is not known") == 1


def silence(match: Match = ALL, reason: str = "") -> NewSilence:
    return NewSilence((datetime.now(UTC) + timedelta(hours=1)).isoformat(), match, reason=reason)
