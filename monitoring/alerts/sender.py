"""Sends the messages of the outbox, at least once each. A slow or dead receiver holds up no other."""

import logging
import threading
from collections.abc import Callable
from time import monotonic, time

from django.conf import settings
from django.db import connections

from monitoring.alerts import models
from monitoring.alerts.claims import Claim, Rows, Silenced, claim, due, give_up, mark_failed, mark_sent
from monitoring.alerts.delivery import alertmanager, chat, email, webhook
from monitoring.alerts.delivery.failure import Undeliverable
from monitoring.alerts.delivery.message import Message, test_part
from monitoring.alerts.outbox import DEAD, SENT, encode_part, new_message_id
from monitoring.alerts.receiver import Kind
from monitoring.alerts.receivers import opened
from monitoring.alerts.silences import in_force, is_silent
from monitoring.events.envelope import instant
from monitoring.messaging.backoff import Backoff
from monitoring.people.keys import DecryptionError
from sbdash.fields import new_key

log = logging.getLogger(__name__)
SENDS: dict[Kind, Callable[[str, str, Message, bool], None]] = {
    "email": email.send, "webhook": webhook.send, "alertmanager": alertmanager.send, "apprise": chat.send,
}  # fmt: skip
POLL_INTERVAL = 0.5
"""Seconds between two looks at the outbox without a notification."""
MAX_THREADS = 32
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds for which a receiver that does not answer is left alone."""


class Sender:
    """Sends with one thread for each receiver that has messages, at most MAX_THREADS. `silenced(alert)` tells whether
    reminders of an alert wait; default: while a silence matches it."""

    def __init__(self, silenced: Silenced | None = None) -> None:
        self._silenced = silenced or _is_silenced
        self._threads: dict[int, threading.Thread] = {}
        self._pauses: dict[int, tuple[float, Backoff]] = {}
        self.queued = threading.Event()
        """Set when a message was queued: the next `poll` looks at once."""
        self._next_look = 0.0

    def poll(self, stopping: Callable[[], bool]) -> None:
        """Starts what is due if a message was queued or POLL_INTERVAL has passed; else returns without a query, since
        the pipeline's workers are called for every batch of entries."""
        if self.queued.is_set() or monotonic() >= self._next_look:
            self.queued.clear()
            self._next_look = monotonic() + POLL_INTERVAL
            self.start_due(stopping)

    def send_due(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Sends what is due, and waits until it is sent or has failed. `stopping()`: True to begin no other message."""
        self.start_due(stopping)
        for thread in list(self._threads.values()):
            thread.join()

    def start_due(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Starts a thread for each receiver with messages that are due, and returns."""
        self._threads = {key: thread for key, thread in self._threads.items() if thread.is_alive()}
        paused = {key for key, (until, _) in self._pauses.items() if until > monotonic()}
        for key, rows in due(time(), paused | self._threads.keys()).items():
            if len(self._threads) >= MAX_THREADS or stopping():
                return
            arguments = key, rows, stopping
            self._threads[key] = threading.Thread(target=self._run, args=arguments, name="alert messages", daemon=True)
            self._threads[key].start()

    def _run(self, key: int, rows: Rows, stopping: Callable[[], bool]) -> None:
        try:
            receiver = models.Receiver.objects.filter(key=key).first()
            for row in rows:
                if receiver is None:
                    give_up(row, "the receiver was deleted")
                elif stopping() or not self._is_sent(row, receiver):
                    return
        except Exception:
            log.exception("messages of the outbox could not be read or marked; they are sent later")
        finally:
            connections.close_all()

    def _is_sent(self, row: models.Delivery, receiver: models.Receiver) -> bool:
        """Sends a message. Returns False if the receiver does not answer."""
        claimed = claim(row, receiver, time(), self._silenced)
        if claimed is None:
            return True
        try:
            _send(receiver, claimed.message)
        except Undeliverable as error:
            self._fail(claimed, receiver, error)
            if error.is_unreachable:
                backoff = self._pauses.get(receiver.key, (0, Backoff(FIRST_PAUSE, LONGEST_PAUSE)))[1]
                self._pauses[receiver.key] = monotonic() + max(backoff.next(), error.retry_after), backoff
            return not error.is_unreachable
        mark_sent(claimed, receiver, time())
        self._pauses.pop(receiver.key, None)
        return True

    def _fail(self, claimed: Claim, receiver: models.Receiver, error: Undeliverable) -> None:
        again = mark_failed(claimed.rows, str(error), time(), error.retry_after)
        if not again:
            log.error("message %s to receiver %r was given up: %s", claimed.message.id, receiver.name, error)
        elif not claimed.rows[0].attempts:
            log.warning("message %s to receiver %r is sent again later: %s", claimed.message.id, receiver.name, error)


def _is_silenced(alert: models.Alert) -> bool:
    return is_silent(alert, in_force(time()))


def send_test(name: str, url: str) -> str:
    """Sends a test message at once, which takes 25 s at most. Returns the error in words, empty if it was delivered.
    Raises LookupError if there is no receiver of this name."""
    receiver = models.Receiver.objects.filter(name=name).first()
    if receiver is None:
        raise LookupError(name)
    now, error = int(time() * 1e6), ""
    part = test_part(name, instant(now), url, is_public=bool(settings.PUBLIC_URL))
    message = Message(new_message_id(f"test-{receiver.key:x}-"), "test", instant(now), name, [part])
    try:
        _send(receiver, message)
    except Undeliverable as failure:
        error = str(failure)
    models.Delivery.objects.create(
        key=new_key(), message_id=message.id, receiver=receiver.key, kind="test", message=encode_part(part).decode(),
        state=DEAD if error else SENT, attempts=1, due=now, created=now, sent=None if error else now, error=error[:300],
    )  # fmt: skip
    return error


def _send(receiver: models.Receiver, message: Message) -> None:
    """Sends a message. Raises Undeliverable for every error: the text of others may contain the address."""
    try:
        to = opened(receiver)
        SENDS[to.kind](to.to, to.secret, message, settings.ALERT_PRIVATE_RECEIVERS)
    except Undeliverable:
        raise
    except DecryptionError:
        raise Undeliverable("the address cannot be decrypted: save the receiver again") from None
    except Exception as error:
        raise Undeliverable(f"sbdash failed at this message ({type(error).__name__})") from None
