"""Follows the application's MongoDB: one of several at a time, through every fault, from where it stopped. Pure."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict
from time import monotonic, time
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from monitoring.ingest.follow.follow_run import CaughtUp, CheckpointConflict, FollowRun, Lost
from monitoring.ingest.follow.follow_state import FollowState, read
from monitoring.ingest.follow.follower_store import FollowerStore
from monitoring.ingest.follower_status import Status

log = logging.getLogger(__name__)
RENEW = 2.0
"""Seconds between two renewals of the lease, and two reports."""
WAIT = 1.0
"""Seconds between two looks whether the one who works has gone."""
PATIENCE = 15.0
"""Seconds that `once` waits for another follower."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HISTORY_LOST = {136, 260, 280, 286}
"""Error codes after which a token leads nowhere: capped position lost, invalid token, fatal error, history lost."""

Client = Callable[[], "AsyncMongoClient[dict[str, Any]]"]


class Busy(Exception):
    """Another follower works."""


class Follower:
    """`run()` until `stop()`, or with `once` until it has caught up. `words(error)` makes an error fit to be shown."""

    def __init__(self, client: Client, database: str, keeper: FollowerStore, words: Callable[[Exception], str]) -> None:
        self._client, self._database, self._keeper, self._words = client, database, keeper, words
        self.status = Status()
        self._stopping = asyncio.Event()
        self._pause = FIRST_PAUSE
        self._waited: float | None = None

    def stop(self) -> None:
        """End after the batch."""
        self._stopping.set()

    async def run(self, once: bool = False) -> None:
        """Follow. Returns when stopped, or caught up. Raises Busy with `once` while another one works."""
        try:
            while not self._stopping.is_set():
                if await self._turn(once):
                    return
        finally:
            await self._quietly(self._keeper.release)

    async def _turn(self, once: bool) -> bool:
        """Wait for the lease, then work until something ends it. True when it has caught up and that was all."""
        term = 0
        try:
            term = await asyncio.to_thread(self._keeper.lease)
            await (self._work(term, once) if term else self._wait(once))
        except CaughtUp:
            return True
        except Busy:
            raise
        except CheckpointConflict as error:
            log.warning("another follower works: %s", error)
        except Exception as error:
            await self._trip(term, error)
        return False

    async def _wait(self, once: bool) -> None:
        """Another one works. Who wants to catch up once only waits no longer than a dead one's lease lasts."""
        if self._waited is None:
            log.info("another follower works; this one waits")
            self._waited = monotonic()
        if once and monotonic() - self._waited > PATIENCE:
            raise Busy("another follower works already: what it reads is here, see /operations/")
        await self._rest(WAIT)

    async def _work(self, term: int, once: bool) -> None:
        async with self._client() as client:
            place = read(await asyncio.to_thread(self._keeper.recall))
            work = FollowRun(client[self._database], self._keeper, term, place, self.status, self._fine)
            try:
                await self._while_mine(term, work, once)
            except Lost as error:
                await self._begin_anew(term, error)
            except OperationFailure as error:
                if error.code not in HISTORY_LOST:
                    raise
                await self._begin_anew(term, error)

    async def _begin_anew(self, term: int, error: Exception) -> None:
        """What was missed stands in the history; what was read already is known by its id."""
        log.warning("changes were missed (%s): the history is read again", self._words(error))
        await asyncio.to_thread(self._keeper.remember, FollowState().write(), term)
        await self._trip(term, error)

    async def _while_mine(self, term: int, work: FollowRun, once: bool) -> None:
        """Work, as long as the lease is ours and nobody asks to stop."""
        tasks = [asyncio.create_task(step) for step in (work.run(once), self._hold(term), self._stopped())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            work.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _stopped(self) -> None:
        await self._stopping.wait()

    async def _hold(self, term: int) -> None:
        """Renew the lease and report, until the lease is lost."""
        while await asyncio.to_thread(self._keeper.lease) == term:
            await asyncio.to_thread(self._keeper.report, asdict(self.status), term)
            await asyncio.sleep(RENEW)
        raise CheckpointConflict("the lease was lost")

    def _fine(self) -> None:
        """Something was read: the trouble is over."""
        if self.status.error:
            log.info("the application's database answers again")
        self.status.error, self._pause = "", FIRST_PAUSE

    async def _trip(self, term: int, error: Exception) -> None:
        """Say what happened, once; wait, and longer each time. What failed may be our own database."""
        words = self._words(error)
        if words != self.status.error:
            log.warning("following stops for a while: %s", words, exc_info=not isinstance(error, PyMongoError | Lost))
        if self.status.phase != "waiting":
            self.status.phase, self.status.since = "waiting", int(time() * 1e6)
        self.status.error = words
        if term:
            await self._quietly(self._keeper.report, asdict(self.status), term)
        await self._rest(self._pause)
        self._pause = min(LONGEST_PAUSE, self._pause * 2)

    async def _quietly(self, ask: Callable[..., None], *words: Any) -> None:
        try:
            await asyncio.to_thread(ask, *words)
        except Exception as error:
            log.warning("the follower cannot write: %s", error)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass
