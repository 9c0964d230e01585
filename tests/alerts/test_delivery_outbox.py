"""The outbox: each message is sent at least once, by one process at a time, to the right people at the right time."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import transaction
from django.db.models import F
from receiving import ACTOR, Web, alert, certificate, endless, hang, receiver, smtp, status, web

from monitoring.alerts import claims, models
from monitoring.alerts.deliveries import deliveries, retry_dead
from monitoring.alerts.delivery import email, http_client
from monitoring.alerts.delivery import message as form
from monitoring.alerts.delivery.failure import Undeliverable
from monitoring.alerts.outbox import ESCALATE, _prefix, delete_old_messages, outbox, queue, take_back
from monitoring.alerts.receiver import QuietHours
from monitoring.alerts.receivers import delete_receiver
from monitoring.alerts.rule import Invalid
from monitoring.alerts.sender import SENDS, Sender, send_test
from monitoring.alerts.tell import site

pytestmark = pytest.mark.django_db(transaction=True)
NOW = time.time


@pytest.fixture(autouse=True)
def private(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is allowed, and the journal has no entries, which cannot be deleted after a test."""
    settings.ALERT_PRIVATE_RECEIVERS = True
    for room in ("receivers", "deliveries"):
        monkeypatch.setattr(f"monitoring.alerts.{room}.record_changes", lambda changes: None)


@pytest.fixture
def hook() -> Iterator[Web]:
    with web() as server:
        yield server


def fire(fired: models.Alert, *names: str, kind: Any = "firing", now: float | None = None, **more: Any) -> int:
    with transaction.atomic():
        return queue(fired, kind, names, "Answers are slow.", "https://d.example/alerts/1/", now or NOW(), **more)


def pass_time(seconds: float) -> None:
    """Moves all that waits into the past."""
    micros = int(seconds * 1e6)
    models.Delivery.objects.filter(state="waiting").update(due=F("due") - micros, created=F("created") - micros)


def rows() -> list[tuple[str, str, int]]:
    found = models.Delivery.objects.order_by("due", "created")
    return [(row.kind, row.state, row.attempts) for row in found]


def events(server: Web) -> list[Any]:
    return [msgspec.json.decode(post.body) for post in server.posts]


def test_a_message_is_sent_once(hook: Web) -> None:
    receiver("ops", "webhook", f"{hook.url}/hook", "key", repeat_seconds=0)
    assert fire(alert(), "ops", "nobody", threshold=10.0) == 1
    sender = Sender()
    sender.send_due()
    sender.send_due()
    (event,) = events(hook)
    (row,) = models.Delivery.objects.all()
    assert (event["id"], event["data"]["threshold"], event["data"]["peak"]) == (row.message_id, 10, 12.5)
    assert (row.state, row.attempts, row.error) == ("sent", 1, "")
    assert row.sent is not None


def test_a_change_that_is_rolled_back_sends_nothing(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    with transaction.atomic():
        fire(alert(), "ops")
        transaction.set_rollback(True)
    Sender().send_due()
    assert hook.posts == []


def test_a_silenced_alert_tells_nobody(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    assert fire(alert(), "ops", silenced=True) == 0


def test_a_failure_is_tried_again_later_with_the_same_id(hook: Web, caplog: pytest.LogCaptureFixture) -> None:
    receiver("ops", "webhook", f"{hook.url}/secret-path", "secret-words", repeat_seconds=0)
    hook.answer = status(500)
    fire(alert(), "ops")
    sender = Sender()
    for _ in range(3):
        sender.send_due()
        pass_time(4_000)
    row = models.Delivery.objects.get()
    assert (row.state, row.attempts, row.error) == ("waiting", 3, "the receiver answered 500")
    hook.answer = status(204)
    sender.send_due()
    assert len({event["id"] for event in events(hook)}) == 1
    assert rows() == [("firing", "sent", 4)]
    assert caplog.text.count("is sent again later: the receiver answered 500") == 1
    assert "secret" not in caplog.text


def test_pauses_grow_and_vary() -> None:
    pauses = [claims.pause(attempts) for attempts in (1, 2, 3, 20)]
    for found, usual in zip(pauses, (5, 10, 20, 3600), strict=True):
        assert 0.75 * usual <= found <= 1.25 * usual
    assert 20 * 3600 < sum(claims.pause(attempts) for attempts in range(1, claims.MAX_ATTEMPTS)) < 28 * 3600


def test_a_message_is_given_up_after_the_last_attempt(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    hook.answer = status(404)
    fire(alert(), "ops")
    models.Delivery.objects.update(attempts=claims.MAX_ATTEMPTS - 1)
    Sender().send_due()
    assert rows() == [("firing", "dead", claims.MAX_ATTEMPTS)]
    assert outbox() == (0, 1, 0)


def test_a_receiver_that_hangs_holds_up_no_other(hook: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client.request, "__defaults__", (2.0,))
    with web(hang) as hanging:
        receiver("slow", "webhook", hanging.url)
        receiver("fast", "webhook", hook.url)
        for rule in (1, 2, 3):
            fire(alert(rule=rule), "slow", now=NOW() - 9)
        sender = Sender()
        sender.start_due()
        fire(alert(), "fast")
        began = time.monotonic()
        sender.start_due()
        while not hook.posts and time.monotonic() - began < 5:
            time.sleep(0.01)
        assert time.monotonic() - began < 1
        sender.send_due()
        assert len(hanging.posts) == 1, "one at a time, and then a pause"
        sender.send_due()
        assert len(hanging.posts) == 1
    error = models.Delivery.objects.filter(attempts=1, state="waiting").values_list("error", flat=True)
    assert set(error) == {"no answer within 2 s"}


def test_a_crash_between_sending_and_marking_repeats_the_message_with_its_id(
    hook: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=0)
    fire(alert(), "ops")

    def crash(*_: object) -> None:
        raise OSError("the process died")

    with monkeypatch.context() as patch:
        patch.setattr("monitoring.alerts.sender.mark_sent", crash)
        Sender().send_due()
    assert rows() == [("firing", "waiting", 1)]
    Sender().send_due()
    assert len(hook.posts) == 1, "the lease lasts"
    pass_time(claims.LEASE_SECONDS)
    Sender().send_due()
    first, second = events(hook)
    assert first["id"] == second["id"]
    assert rows() == [("firing", "sent", 2)]


def test_several_senders_send_a_message_once(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=0)
    for number in range(10):
        fire(alert(rule=number), "ops")
    threads = [threading.Thread(target=Sender().send_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while models.Delivery.objects.filter(state="waiting").exists():
        Sender().send_due()
    assert len(hook.posts) == len({event["id"] for event in events(hook)}) == 10


def test_alerts_of_one_moment_and_rule_are_one_message(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    now = NOW()
    for rule, scope in ((1, "a"), (1, "b"), (2, "c")):
        fire(alert(rule, scope), "ops", now=now)
    Sender().send_due()
    assert sorted(sorted(part["scope"] for part in event["data"]["alerts"]) for event in events(hook)) == [
        ["a", "b"],
        ["c"],
    ]


def test_a_group_window_gathers_alerts(hook: Web) -> None:
    receiver("ops", "alertmanager", hook.url, group_seconds=60)
    for scope in "abc":
        fire(alert(scope=scope), "ops")
    Sender().send_due()
    assert hook.posts == []
    pass_time(60)
    fire(alert(scope="late"), "ops")
    Sender().send_due()
    (form,) = events(hook)
    assert [one["labels"]["scope"] for one in form["alerts"]] == ["a", "b", "c"]
    pass_time(60)
    Sender().send_due()
    assert events(hook)[1]["alerts"][0]["labels"]["scope"] == "late"


def test_an_alert_that_joins_a_message_too_late_is_a_message_of_its_own(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=0)
    now = NOW()
    fire(alert(scope="a"), "ops", now=now)
    Sender().send_due()
    sent = models.Delivery.objects.get()
    models.Delivery.objects.update(state="waiting", attempts=0, due=F("created"))
    fire(alert(scope="b"), "ops", now=now)
    models.Delivery.objects.filter(key=sent.key).update(state="sent", attempts=1)
    Sender().send_due()
    assert len({event["id"] for event in events(hook)}) == 2


def test_a_very_large_group_is_cut(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    now = NOW()
    for number in range(103):
        fire(alert(scope=str(number)), "ops", now=now)
    Sender().send_due()
    (event,) = events(hook)
    assert (len(event["data"]["alerts"]), event["data"]["truncated"]) == (100, 3)


def test_an_alert_that_goes_on_is_told_again_until_it_is_acknowledged(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=3_600)
    fired = alert()
    fire(fired, "ops")
    sender = Sender()
    sender.send_due()
    sender.send_due()
    assert len(hook.posts) == 1
    models.Alert.objects.update(peak=99.0)
    pass_time(3_600)
    sender.send_due()
    first, second = events(hook)
    assert first["id"] != second["id"]
    assert (second["data"]["reminder"], second["data"]["peak"]) == (1, 99)
    models.Alert.objects.update(acknowledged_at=1)
    pass_time(3_600)
    sender.send_due()
    assert (len(hook.posts), outbox()) == (2, (0, 0, 0))


def test_a_reminder_of_a_silenced_alert_waits(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=60)
    fire(alert(), "ops")
    Sender().send_due()
    pass_time(60)
    silence = models.Silence.objects.create(match='{"severity": "warning"}', start=0, end=int(NOW() * 2e6))
    Sender().send_due()
    assert (len(hook.posts), outbox().waiting) == (1, 1)
    silence.delete()
    pass_time(claims.SILENCED_PAUSE)
    Sender().send_due()
    assert len(hook.posts) == 2


def test_nobody_acknowledges_and_the_next_is_told(hook: Web) -> None:
    with web() as boss, web() as chief:
        receiver("chief", "webhook", chief.url)
        receiver("boss", "webhook", boss.url, escalate_to="chief", escalate_after_minutes=20)
        receiver("ops", "webhook", hook.url, escalate_to="boss", escalate_after_minutes=10)
        first, second = alert(1), alert(2)
        fire(first, "ops")
        fire(second, "ops")
        Sender().send_due()
        assert (len(hook.posts), len(boss.posts)) == (2, 0)
        models.Alert.objects.filter(key=second.key).update(acknowledged_at=1)
        pass_time(600)
        Sender().send_due()
        (told,) = events(boss)
        assert (told["data"]["id"], told["data"]["escalated_from"]) == (str(first.key), "ops")
        assert chief.posts == []
        pass_time(1_200)
        Sender().send_due()
        assert events(chief)[0]["data"]["escalated_from"] == "boss"
        models.Alert.objects.filter(key=first.key).update(end=1)
        fire(models.Alert.objects.get(key=first.key), "ops", kind="resolved")
        Sender().send_due()
        for told_before in (hook, boss, chief):
            assert events(told_before)[-1]["type"] == "sbdash.alert.resolved"
        assert outbox().waiting == 1, "the reminder of the alert that goes on and was acknowledged"


def test_who_was_not_told_of_the_beginning_is_not_told_of_the_end(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    fired = alert()
    fire(fired, "ops", silenced=True)
    assert fire(fired, "ops", kind="resolved") == 0


def test_escalations_of_one_moment_are_one_message(hook: Web) -> None:
    with web() as boss:
        receiver("boss", "webhook", boss.url)
        receiver("ops", "webhook", hook.url, escalate_to="boss", escalate_after_minutes=10)
        now = NOW()
        alerts = [alert(scope=scope) for scope in "abc"]
        for fired in alerts:
            fire(fired, "ops", now=now)
        fire(alert(scope="later"), "ops", now=now + 2)
        models.Alert.objects.filter(key=alerts[1].key).update(acknowledged_at=1)
        pass_time(600)
        Sender().send_due()
        told = [{part["scope"] for part in event["data"]["alerts"]} for event in events(boss)]
        assert told == [{"a", "c"}]


def test_a_critical_alert_joins_no_message_that_waits_for_the_morning(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, quiet_hours=quiet_now())
    fire(alert(), "ops")
    Sender().send_due()
    fire(alert(scope="b", severity="critical"), "ops")
    Sender().send_due()
    assert [event["data"]["scope"] for event in events(hook)] == ["b"]


def test_an_id_has_room_for_the_largest_keys() -> None:
    largest = 2**53 - 1
    ops = models.Receiver(key=largest, name="ops")
    for severity, word in (("critical", "resolved"), ("warning", ESCALATE)):
        assert len(_prefix(alert(rule=largest, severity=severity), ops, word)) + len(f"{largest:x}") <= 64


def test_escalations_in_a_circle_end(hook: Web) -> None:
    receiver("a", "webhook", hook.url)
    receiver("b", "webhook", hook.url, escalate_to="a")
    receiver("a", "webhook", hook.url, escalate_to="b")
    assert fire(alert(), "a") == 2


def test_an_acknowledged_alert_takes_back_what_waits(hook: Web) -> None:
    receiver("boss", "webhook", hook.url)
    receiver("ops", "webhook", hook.url, escalate_to="boss")
    fired = alert()
    fire(fired, "ops")
    take_back(fired)
    assert rows() == [("firing", "waiting", 0)]


def quiet_now() -> QuietHours:
    now = datetime.now(UTC)
    return QuietHours("UTC", f"{now - timedelta(hours=1):%H:%M}", f"{now + timedelta(hours=1):%H:%M}")


def test_quiet_hours_hold_back_all_but_critical(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, quiet_hours=quiet_now())
    fire(alert(rule=1), "ops")
    fire(alert(rule=2, severity="critical"), "ops")
    Sender().send_due()
    assert [event["data"]["severity"] for event in events(hook)] == ["critical"]
    (row,) = models.Delivery.objects.filter(state="waiting", attempts=0, message_id__startswith="1-")
    assert 3_400 < row.due / 1e6 - NOW() <= 3_600
    fire(alert(rule=1, scope="b"), "ops", now=NOW() + 5)
    models.Receiver.objects.update(options="{}")
    pass_time(3_600)
    Sender().send_due()
    assert [part["scope"] for part in events(hook)[1]["data"]["alerts"]] == ["", "b"], "one message in the morning"


def test_the_end_is_told_after_the_beginning(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=0)
    fired = alert()
    hook.answer = status(500)
    fire(fired, "ops")
    Sender().send_due()
    hook.answer = status(204)
    models.Alert.objects.update(end=int(NOW() * 1e6))
    fire(models.Alert.objects.get(), "ops", kind="resolved")
    Sender().send_due()
    assert len(hook.posts) == 1
    pass_time(60)
    Sender().send_due()
    pass_time(60)
    Sender().send_due()
    assert [event["type"].rpartition(".")[2] for event in events(hook)] == ["firing", "firing", "resolved"]


def test_the_messages_of_a_receiver_that_is_deleted_are_given_up(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    fire(alert(), "ops")
    delete_receiver("ops", ACTOR)
    row = models.Delivery.objects.get()
    assert (row.state, row.error) == ("dead", "the receiver was deleted")
    models.Delivery.objects.update(state="waiting")
    Sender().send_due()
    assert rows() == [("firing", "dead", 0)]


def test_a_private_address_is_refused_when_it_is_sent_too(hook: Web, settings: Any) -> None:
    receiver("ops", "webhook", hook.url)
    settings.ALERT_PRIVATE_RECEIVERS = False
    fire(alert(), "ops")
    Sender().send_due()
    assert models.Delivery.objects.get().error == "the address is private: set ALERT_PRIVATE_RECEIVERS=true"
    assert hook.posts == []


def test_an_e_mail_is_sent(settings: Any) -> None:
    with smtp() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        receiver("ops", "email", "ops@example.org", repeat_seconds=0)
        fire(alert(scope="s-1"), "ops")
        Sender().send_due()
        (mail,) = server.mails
        row = models.Delivery.objects.get()
        subject = str(make_header(decode_header(str(mail["Subject"]))))
        assert (subject, mail["To"]) == ("[firing · warning] Slow answers · s-1", "ops@example.org")
        assert mail["Message-ID"] == f"<{row.message_id}@sbdash>"
        assert "https://d.example/alerts/1/" in str(mail.get_payload())
        assert row.state == "sent"
        server.refuses = "550 no such mailbox"
        assert send_test("ops", "") == "the mail server refused the address (550)"


@pytest.mark.parametrize("starttls", [True, False])
def test_mail_goes_over_tls_with_a_log_in_to_a_server_whose_certificate_is_valid_alone(
    settings: Any, tmp_path: Path, starttls: bool
) -> None:
    made = certificate(tmp_path)
    receiver("ops", "email", "ops@example.org")
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = starttls, not starttls
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "127.0.0.1", "dora", "hunter2"
    http_client.tls_context.cache_clear()
    with smtp(made, starttls) as server:
        settings.EMAIL_PORT = server.port
        refused = "the mail server's certificate is not valid: self-signed certificate"
        assert send_test("ops", "") == refused
        assert (server.mails, server.log_ins) == ([], [])
        http_client.tls_context().load_verify_locations(made)
        assert send_test("ops", "") == ""
        assert (server.encrypted, len(server.log_ins)) == ([True], 1)
    with smtp() as server:
        settings.EMAIL_PORT = server.port
        words = "does not offer what is set: STARTTLS" if starttls else "cannot be used: "
        assert words in send_test("ops", "")
        assert (server.mails, server.log_ins) == ([], []), "nothing is sent in clear"
    http_client.tls_context.cache_clear()


@pytest.mark.parametrize("tls", [True, False])
def test_a_mail_has_one_bound_however_slowly_the_server_answers(settings: Any, tls: bool, tmp_path: Path) -> None:
    made = certificate(tmp_path)
    settings.EMAIL_USE_SSL, settings.EMAIL_HOST = tls, "127.0.0.1"
    http_client.tls_context.cache_clear()
    http_client.tls_context().load_verify_locations(made)
    at = "2026-01-01T00:00:00Z"
    message = form.Message("1", "test", at, "ops", [form.test_part("ops", at, "", is_public=True)])
    with smtp(made if tls else None, trickles=True) as server:
        settings.EMAIL_PORT = server.port
        began = time.monotonic()
        with pytest.raises(Undeliverable, match=r"did not take the mail within 0\.5 s"):
            email.send("ops@example.org", "", message, True, 0.5)
        assert time.monotonic() - began < 1.5
    http_client.tls_context.cache_clear()


def test_a_receiver_that_asks_for_a_pause_gets_it_and_other_messages_wait_too(hook: Web) -> None:
    hook.answer = status(429, **{"Retry-After": "900"})
    receiver("ops", "webhook", hook.url)
    for rule in (7, 8):
        fire(alert(rule=rule), "ops")
    sender, began = Sender(), NOW()
    sender.send_due()
    sender.send_due()
    assert len(hook.posts) == 1
    failed = models.Delivery.objects.get(attempts=1)
    assert 899 < failed.due / 1e6 - began < 915
    assert failed.error == "the receiver answered 429"


def test_an_e_mail_without_a_mail_server_says_so(settings: Any) -> None:
    receiver("ops", "email", "ops@example.org")
    settings.EMAIL_HOST = ""
    assert send_test("ops", "") == "no mail server is set: set EMAIL_URL or EMAIL_HOST"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send_test("ops", "") == "the mail server cannot be used: Connection refused"


def test_a_chat_service_is_told_through_apprise(hook: Web, settings: Any) -> None:
    receiver("chat", "apprise", hook.url.replace("http", "json") + "/x", repeat_seconds=0)
    fire(alert(scope="s-1"), "chat")
    Sender().send_due()
    (event,) = events(hook)
    assert (event["title"], event["type"]) == ("[firing · warning] Slow answers · s-1", "warning")
    assert models.Delivery.objects.get().state == "sent"
    settings.ALERT_PRIVATE_RECEIVERS = False
    assert send_test("chat", "") == "the address is private: set ALERT_PRIVATE_RECEIVERS=true"
    settings.ALERT_PRIVATE_RECEIVERS = True
    hook.answer = status(500)
    assert send_test("chat", "") == "the service answered 500"
    hook.answer = status(302, Location=f"{hook.url}/elsewhere")
    assert send_test("chat", "") == "the service answered 302"
    assert {post.path for post in hook.posts} == {"/x"}
    hook.answer = endless
    assert send_test("chat", "") == "the service's answer is too large"


def test_a_test_is_sent_at_once_and_kept(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    assert send_test("ops", "https://d.example/alerts/") == ""
    assert events(hook)[0]["data"]["test"] is True
    hook.answer = status(500)
    assert send_test("ops", "") == "the receiver answered 500"
    assert sorted(rows()) == [("test", "dead", 1), ("test", "sent", 1)]
    with pytest.raises(LookupError):
        send_test("nobody", "")


@pytest.mark.parametrize(
    ("public", "begin", "words"),
    [("", "http://127.0.0.1:8123", True), ("https://d.example", "https://d.example", False)],
)
def test_links_of_messages_are_absolute_and_a_test_says_when_they_may_not_open_elsewhere(
    hook: Web, settings: Any, public: str, begin: str, words: bool
) -> None:
    settings.PUBLIC_URL, settings.HOST, settings.PORT = public, "0.0.0.0", 8123
    assert site() == begin
    receiver("ops", "webhook", hook.url)
    assert send_test("ops", f"{site()}/alerts/") == ""
    assert ("PUBLIC_URL is not set" in events(hook)[0]["data"]["words"]) is words


def test_an_error_of_our_own_does_not_tell_the_address(
    hook: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver("ops", "webhook", f"{hook.url}/secret-path")
    fire(alert(), "ops")

    def fail(to: str, *_: object) -> None:
        raise ValueError(to)

    monkeypatch.setitem(SENDS, "webhook", fail)
    Sender().send_due()
    assert models.Delivery.objects.get().error == "sbdash failed at this message (ValueError)"
    models.Receiver.objects.update(to="not sealed")
    assert send_test("ops", "").startswith("sbdash failed at this message")
    assert "secret-path" not in caplog.text


def test_old_messages_are_deleted(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=0)
    fire(alert(1), "ops")
    Sender().send_due()
    fire(alert(2), "ops")
    assert delete_old_messages(NOW() + 89 * 86_400) == 0
    assert delete_old_messages(NOW() + 91 * 86_400) == 1
    assert rows() == [("firing", "waiting", 0)]


def test_a_poll_without_news_asks_nothing(hook: Web, django_assert_num_queries: Any) -> None:
    sender = Sender()
    sender.poll(lambda: False)
    with django_assert_num_queries(0):
        sender.poll(lambda: False)
    sender.queued.set()
    with django_assert_num_queries(1):
        sender.poll(lambda: False)


def test_a_dead_message_is_listed_and_can_be_sent_again(hook: Web) -> None:
    receiver("ops", "webhook", hook.url, repeat_seconds=0)
    hook.answer = status(404)
    fired = alert()
    fire(fired, "ops")
    fire(alert(rule=8), "ops")
    models.Delivery.objects.filter(alert=fired.key).update(attempts=claims.MAX_ATTEMPTS - 1)
    Sender().send_due()
    assert outbox() == (1, 1, 1)
    (dead,) = deliveries("dead").deliveries
    assert (dead.receiver, dead.alert, dead.rule, dead.due) == ("ops", str(fired.key), "Slow answers", None)
    assert (dead.attempts, dead.error) == (claims.MAX_ATTEMPTS, "the receiver answered 404")
    assert deliveries(alert=fired.key).deliveries == [dead]
    pages = [deliveries(limit=1)]
    pages.append(deliveries(limit=1, before=cursor(pages[0].next)))
    assert [page.deliveries[0].state for page in pages] == ["waiting", "dead"]
    assert deliveries(limit=1, before=cursor(pages[1].next)).deliveries == []
    hook.answer = status(204)
    assert (retry_dead(dead.id, ACTOR), retry_dead(dead.id, ACTOR), retry_dead("x", ACTOR)) == (1, 0, 0)
    Sender().send_due()
    assert deliveries(alert=fired.key).deliveries[0].state == "sent"
    assert [event["id"] for event in events(hook)][2:] == [dead.id]
    pass_time(100_000)
    Sender().send_due()
    assert outbox() == (0, 0, 0)


def cursor(following: str | None) -> tuple[int, int]:
    first, _, second = (following or "").partition(".")
    return int(first), int(second)


def test_a_dead_message_of_a_deleted_receiver_cannot_be_sent_again(hook: Web) -> None:
    receiver("ops", "webhook", hook.url)
    fire(alert(), "ops")
    delete_receiver("ops", ACTOR)
    (dead,) = deliveries("dead").deliveries
    with pytest.raises(Invalid, match="was deleted"):
        retry_dead(dead.id, ACTOR)
    assert outbox() == (0, 1, 0)
