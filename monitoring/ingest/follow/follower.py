"""Runs the follower of the chat application's MongoDB under a lease, and retries after errors."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from pymongo.errors import OperationFailure, PyMongoError

from monitoring.ingest.follow.follow_run import CaughtUp, ChangesLost, CheckpointConflict, FollowRun
from monitoring.ingest.follow.follow_state import FollowState, read_state
from monitoring.ingest.follow.reader import Client
from monitoring.ingest.follow.store import FollowerStore
from monitoring.ingest.follower_status import Status
from monitoring.messaging.backoff import Backoff

log = logging.getLogger(__name__)
LEASE_RENEWAL_INTERVAL = 2.0
"""Seconds between two renewals of the lease, and between two status reports."""
LEASE_POLL_INTERVAL = 1.0
"""Seconds between two attempts to take the lease."""
ONCE_TIMEOUT = 15.0
"""Seconds for which `once` waits for the lease; longer than a lease lasts."""
FIRST_RETRY_DELAY, MAX_RETRY_DELAY = 0.5, 30.0
HISTORY_LOST_CODES = {136, 260, 280, 286}
"""Error codes of an unusable resume token: CappedPositionLost, InvalidResumeToken, ChangeStreamFatalError,
ChangeStreamHistoryLost."""


class Busy(Exception):
    """Another follower holds the lease."""


class Follower:
    """Runs until `stop()`, with `once` until it has caught up. `describe_error(error)` returns a message without
    secrets."""

    def __init__(
        self,
        connect: Callable[[], Client],
        database: str,
        store: FollowerStore,
        describe_error: Callable[[Exception], str],
    ) -> None:
        self._connect, self._database, self._store, self._describe_error = connect, database, store, describe_error
        self.status = Status()
        self._stopping = asyncio.Event()
        self._backoff = Backoff(FIRST_RETRY_DELAY, MAX_RETRY_DELAY)
        self._waited: float | None = None

    def stop(self) -> None:
        """Ends after the current batch."""
        self._stopping.set()

    async def run(self, once: bool = False) -> None:
        """Returns when stopped, with `once` when caught up. Raises Busy with `once` while another follower runs."""
        try:
            while not self._stopping.is_set():
                term = 0
                try:
                    term = await asyncio.to_thread(self._store.lease)
                    await (self._follow(term, once) if term else self._wait_for_lease(once))
                except CaughtUp:
                    return
                except Busy:
                    raise
                except CheckpointConflict as error:
                    log.warning("another follower took over: %s", error)
                except Exception as error:
                    await self._back_off(term, error)
        finally:
            await self._try_write(self._store.release)

    async def _wait_for_lease(self, once: bool) -> None:
        """Raises Busy with `once` after ONCE_TIMEOUT."""
        if self._waited is None:
            log.info("another follower holds the lease: waiting")
            self._waited = monotonic()
        if once and monotonic() - self._waited > ONCE_TIMEOUT:
            raise Busy("another follower runs already, and reads everything: see /operations/")
        await self._sleep(LEASE_POLL_INTERVAL)

    async def _follow(self, term: int, once: bool) -> None:
        async with self._connect() as client:
            state = read_state(await asyncio.to_thread(self._store.load_state))
            run = FollowRun(client[self._database], self._store, term, state, self.status, self._clear_error)
            try:
                await self._run_under_lease(term, run, once)
            except (ChangesLost, OperationFailure) as error:
                if isinstance(error, OperationFailure) and error.code not in HISTORY_LOST_CODES:
                    raise
                # the history contains the missed changes; events that were read before are duplicates by their ids
                log.warning("changes missed, reading the history again: %s", self._describe_error(error))
                await asyncio.to_thread(self._store.save_state, FollowState().write(), term)
                await self._back_off(term, error)

    async def _run_under_lease(self, term: int, run: FollowRun, once: bool) -> None:
        """Runs until the lease is lost or `stop()` is called."""
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(run.run(once)),
            asyncio.create_task(self._renew_lease(term)),
            asyncio.create_task(self._stopping.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            run.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _renew_lease(self, term: int) -> None:
        """Renews the lease and reports the status. Raises CheckpointConflict when the lease is lost."""
        while await asyncio.to_thread(self._store.lease) == term:
            await asyncio.to_thread(self._store.report, self.status, term)
            await asyncio.sleep(LEASE_RENEWAL_INTERVAL)
        raise CheckpointConflict("the lease was lost")

    def _clear_error(self) -> None:
        """Resets error and retry delay after a successful read."""
        if self.status.error:
            log.info("follower recovered: the chat database responds again")
        self.status.error = ""
        self._backoff.reset()

    async def _back_off(self, term: int, error: Exception) -> None:
        """Logs a new error once, and waits, longer after each error. Both databases may be the cause."""
        message = self._describe_error(error)
        if message != self.status.error:
            log.warning(
                "follower failed, retrying: %s", message, exc_info=not isinstance(error, PyMongoError | ChangesLost)
            )
        if self.status.phase != "waiting":
            self.status.enter("waiting")
        self.status.error = message
        if term:
            await self._try_write(self._store.report, self.status, term)
        await self._sleep(self._backoff.next())

    async def _try_write(self, write: Callable[..., None], *arguments: object) -> None:
        try:
            await asyncio.to_thread(write, *arguments)
        except Exception as error:
            log.warning("follower failed to write its status or lease: %s", error)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
