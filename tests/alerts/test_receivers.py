"""Receivers: what may be saved, what is shown, and that addresses and secrets are nowhere in clear."""

import logging
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from receiving import ACTOR

from monitoring.alerts import models
from monitoring.alerts.deliveries import retry_dead
from monitoring.alerts.receiver import NewReceiver, Options, QuietHours, parse, shown, valid
from monitoring.alerts.receivers import delete_receiver, opened, receivers, save_receiver
from monitoring.alerts.rule import Invalid, Rule
from monitoring.alerts.rules import delete_rule, save_rule
from monitoring.journal.models import Entry
from monitoring.people.keys import DecryptionError
from monitoring.people.store import open_secret, seal_secret

TO, SECRET = "https://user:hunter2@hooks.example.org/very/secret?token=abc", "signing-words"


def save(name: str = "ops", kind: Any = "webhook", to: Any = TO, **more: Any) -> Any:
    return save_receiver(NewReceiver(name, kind, to, **more), "dora", ACTOR)


@pytest.mark.django_db
def test_a_receiver_is_shown_without_what_is_secret() -> None:
    assert save(secret=SECRET) == receivers()[0]
    body = msgspec.json.encode(receivers()[0])
    assert msgspec.json.decode(body) == {
        "name": "ops", "kind": "webhook", "to": "https://hooks.example.org", "has_secret": True,
        "options": {
            "repeat_seconds": 14400, "quiet_hours": None, "escalate_to": None, "escalate_after_minutes": 30,
            "group_seconds": 0,
        },
    }  # fmt: skip


@pytest.mark.django_db
def test_neither_the_tables_nor_the_journal_nor_the_log_have_the_address_or_the_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    save(secret=SECRET)
    save(secret="other-words", to="https://hooks.example.org/second-path")
    row = models.Receiver.objects.get()
    kept = f"{models.Receiver.objects.values()} {[bytes(entry.body) for entry in Entry.objects.all()]} {caplog.text}"
    for word in ("hunter2", "very", "abc", SECRET, "other-words", "second-path"):
        assert word not in kept, word
    assert (opened(row).to, opened(row).secret) == ("https://hooks.example.org/second-path", "other-words")
    assert "second-path" not in repr(opened(row))


@pytest.mark.django_db
def test_each_change_is_an_entry_and_says_that_a_secret_changed_without_it() -> None:
    save(secret=SECRET)
    save(to="https://hooks.example.org/second-path")
    save(secret="", to=UNSET)
    save(secret="", to=UNSET)
    assert delete_receiver("ops", ACTOR)
    assert not delete_receiver("ops", ACTOR)
    entries = [msgspec.json.decode(bytes(entry.body)) for entry in Entry.objects.order_by("position")]
    changes = [entry["data"]["changes"] for entry in entries]
    assert [entry["type"] for entry in entries] == ["created", "changed", "changed", "deleted"]
    assert changes[1] == {"address": ["old", "new"]}
    assert changes[2] == {"secret": ["old", "new"], "has_secret": [True, False]}
    assert changes[3]["to"] == ["https://hooks.example.org", None]
    assert receivers() == []


@pytest.mark.django_db
def test_what_is_left_out_is_kept() -> None:
    save(secret=SECRET, options=Options(repeat_seconds=0))
    save_receiver(NewReceiver("ops", "alertmanager", TO), "dora", ACTOR)
    save_receiver(NewReceiver("ops", "alertmanager"), "dora", ACTOR)
    row = models.Receiver.objects.get()
    assert (opened(row).kind, opened(row).to, opened(row).secret) == ("alertmanager", TO, SECRET)
    assert receivers()[0].options.repeat_seconds == 0
    with pytest.raises(Invalid, match="another kind"):
        save_receiver(NewReceiver("ops", "email"), "dora", ACTOR)


@pytest.mark.parametrize(
    ("kind", "to", "words"),
    [
        ("webhook", "ftp://example.org", "https://"),
        ("webhook", "example.org/hook", "https://"),
        ("webhook", "https://", "no host"),
        ("webhook", "https://example.org/a b", "space"),
        ("webhook", "https://example.org/a\r\nHost: x", "control character"),
        ("webhook", "https://example.org:99999/", "not a web address"),
        ("webhook", "http://127.0.0.1:9/", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://localhost/", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://a.localhost./", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://127.1/", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://2130706433/", "ALERT_PRIVATE_RECEIVERS"),
        ("alertmanager", "http://0x7f000001/", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://[::1]/", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://[::ffff:10.0.0.1]/", "ALERT_PRIVATE_RECEIVERS"),
        ("webhook", "http://169.254.169.254/latest", "link-local"),
        ("webhook", "", "1 to 2000"),
        ("webhook", "https://example.org/" + "x" * 2000, "1 to 2000"),
        ("email", "nobody", "e-mail address"),
        ("email", "jürgen@example.org", "e-mail address"),
        ("email", "a@example.org, b@example.org", "one e-mail address"),
        ("email", "a@example.org\nBcc: b@example.org", "one e-mail address"),
        ("apprise", "discord", "Apprise URL"),
        ("apprise", "nonsense://host", "Apprise knows"),
        ("apprise", "syslog://", "Apprise URL"),
        ("apprise", "mailto://user:pass@example.org", "not a web service"),
        ("apprise", "json://example.org/?template=/etc/passwd", "files of this machine"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_words(kind: Any, to: str, words: str) -> None:
    with pytest.raises(Invalid, match=r"^to: ") as found:
        valid(NewReceiver("ops", kind, to), False)
    assert words in str(found.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"repeat_seconds": 5}, "repeat_seconds"),
        ({"group_seconds": -1}, "group_seconds"),
        ({"escalate_after_minutes": 0}, "escalate_after_minutes"),
        ({"escalate_to": "ops"}, "another receiver"),
        ({"quiet_hours": QuietHours("Mars/Base", "22:00", "07:00")}, "not a time zone"),
        ({"quiet_hours": QuietHours("../etc/passwd", "22:00", "07:00")}, "not a time zone"),
        ({"quiet_hours": QuietHours("Europe/Berlin", "22:00", "22:00")}, "must differ"),
    ],
)
def test_options_out_of_range_are_refused_in_words(values: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        valid(NewReceiver("ops", "webhook", TO, options=Options(**values)), False)


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        valid(NewReceiver(name, "webhook", TO), False)


@pytest.mark.django_db
def test_a_receiver_escalates_to_one_that_exists() -> None:
    with pytest.raises(Invalid, match="no receiver 'boss'"):
        save(options=Options(escalate_to="boss"))
    assert receivers() == []


@pytest.mark.parametrize(
    "body", [b"{}", b'{"name":"a","kind":"pigeon","to":"x"}', b'{"name":"a","kind":"email","colour":1}',
             b'{"name":"a","kind":"email","options":{"quiet_hours":{"zone":"UTC","from":"25:00","to":"07:00"}}}'],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        parse(body)


def test_private_addresses_are_allowed_by_the_setting_but_metadata_never() -> None:
    assert valid(NewReceiver("ops", "webhook", "http://127.0.0.1:9/"), True)
    with pytest.raises(Invalid, match="link-local"):
        valid(NewReceiver("ops", "webhook", "http://169.254.169.254/"), True)


@pytest.mark.parametrize(
    ("kind", "to", "as_shown"),
    [
        ("email", "alice@example.org", "…@example.org"),
        ("webhook", TO, "https://hooks.example.org"),
        ("alertmanager", "http://[2001:db8::1]:9093/a", "http://[2001:db8::1]:9093"),
        ("apprise", "tgram://123456:secret/1", "tgram://…"),
    ],
)
def test_how_an_address_is_shown(kind: str, to: str, as_shown: str) -> None:
    assert shown(kind, to) == as_shown


@pytest.mark.django_db
def test_a_receiver_that_rules_or_receivers_name_is_kept_and_the_refusal_names_them() -> None:
    save()
    save("boss", options=Options(escalate_to="ops"))
    key = save_rule(Rule("Slow", "response_p95", ">", 9.0, receivers=["ops"]), "dora", ACTOR).key
    words = "the rule 'Slow', the receiver 'boss' name the receiver 'ops'; take it out there first"
    with pytest.raises(Invalid, match=words):
        delete_receiver("ops", ACTOR)
    delete_rule(key, ACTOR)
    assert delete_receiver("boss", ACTOR)
    assert delete_receiver("ops", ACTOR)


@pytest.mark.django_db
def test_a_message_that_is_sent_again_is_an_entry() -> None:
    models.Delivery.objects.create(
        key=9, message_id="1-2-firing-9", receiver=models.Receiver.objects.get(name=save().name).key, alert=4,
        kind="firing", message="{}", state="dead", attempts=33, due=0, created=0,
    )  # fmt: skip
    assert retry_dead("1-2-firing-9", ACTOR) == 1
    body = msgspec.json.decode(bytes(Entry.objects.order_by("-position")[0].body))
    data = body["data"]
    assert (body["type"], data["object"], data["object_key"]) == ("changed", "message", "1-2-firing-9")
    assert data["changes"] == {"state": ["dead", "waiting"]}


@pytest.mark.django_db
def test_a_sealed_text_opens_for_its_purpose_alone() -> None:
    sealed = seal_secret("receiver 1 to", "words")
    assert open_secret("receiver 1 to", sealed) == "words"
    assert seal_secret("receiver 1 to", "words") != sealed
    with pytest.raises(DecryptionError):
        open_secret("receiver 2 to", sealed)
