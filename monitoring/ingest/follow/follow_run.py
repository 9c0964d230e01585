"""Pure. One follower's work while it holds the lease: history first, then changes, each batch on disk before its
place."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any

from pymongo.errors import OperationFailure

from monitoring.ingest.follow import reader as reading
from monitoring.ingest.follow.document_writer import DocumentWriter
from monitoring.ingest.follow.follow_state import FollowState
from monitoring.ingest.follow.follower_store import FollowerStore
from monitoring.ingest.follow.reader import COLLECTIONS, PAGE, Change, Database
from monitoring.ingest.follower_status import Status

NO_STREAM = {59, 115, 238, 40324, 40573}
"""Error codes of a server that has no change streams: a single server, or another product that speaks the protocol."""
POLL = 1.0
"""Seconds between two polls, where there is no stream."""
SWEEP = 30.0
"""Seconds between two looks, where there is no stream, for sessions that were deleted."""
KEEP = 30.0
"""Seconds after which the token is kept although nothing happened: the server forgets old ones."""
SWEPT = "swept"
"""The last part of the history: the sessions that are gone have ended."""
Heard = tuple[Change | None, Any]
"""A change, or None while there is none, and the token behind it."""


class CheckpointConflict(RuntimeError):
    """Another follower has written the place under a later term."""


class CaughtUp(Exception):
    """Everything that was there has been read."""


class Lost(RuntimeError):
    """Changes were missed."""


class FollowRun:
    """`run` goes on from `place` and never returns by itself; `fine()` is told that the server answers."""

    def __init__(
        self,
        database: Database,
        keeper: FollowerStore,
        term: int,
        place: FollowState,
        status: Status,
        fine: Callable[[], None],
    ) -> None:
        self._database, self._keeper, self._term, self._place = database, keeper, term, place
        self._status, self._fine = status, fine
        self._taker = DocumentWriter(database, keeper, status, place.open)
        self._ending = False

    def end(self) -> None:
        """End after the batch. To be called before the task is cancelled: PyMongo may swallow that while it reads."""
        self._ending = True

    async def run(self, once: bool) -> None:
        """Until `end`. Raises CaughtUp with `once`; Lost, CheckpointConflict, PyMongoError."""
        streams = await self._begin()
        if SWEPT not in self._place.done:
            await self._history()
        await (self._changes(once) if streams else self._poll(once))

    async def _begin(self) -> bool:
        """Note where changes begin, before history is read, so that there is no hole between. False: no streams."""
        if self._place.token is not None:
            return True
        try:
            async with await reading.watch(self._database, None) as stream:
                while (token := stream.resume_token) is None:
                    await stream.try_next()
        except OperationFailure as error:
            if error.code not in NO_STREAM:
                raise
            for name in COLLECTIONS:
                if name not in self._place.polled:
                    self._place.polled[name] = await reading.newest(self._database, name) or datetime.now(UTC)
            await self._keep()
            return False
        for name in self._place.polled:  # it had no streams before: what happened since the last poll
            await self._polled(name)
        if self._place.polled:
            await self._taker.sweep()
        self._place.polled, self._place.token = {}, token
        await self._keep()
        return True

    async def _history(self) -> None:
        self._enter("history")
        self._status.total, self._status.read = await reading.size(self._database), 0
        for name in COLLECTIONS:
            if name in self._place.done:
                continue
            async for page in reading.history(self._database, name, self._place.after.get(name)):
                await self._taker.documents([(name, document) for document in page])
                self._place.after[name] = page[-1]["_id"]
                await self._keep()
                self._status.read += len(page)
                self._fine()
                if self._ending:
                    return
            self._place.done.append(name)
            await self._keep()
        await self._taker.sweep()
        self._place.done.append(SWEPT)
        await self._keep()

    async def _changes(self, once: bool) -> None:
        """One task reads while another writes: whatever came meanwhile is the next batch."""
        self._enter("changes")
        heard: asyncio.Queue[Heard] = asyncio.Queue(PAGE)
        reader, kept = asyncio.create_task(self._read(heard)), monotonic()
        try:
            while not self._ending:
                batch = await self._batch(heard, reader)
                changes = [change for change, _ in batch if change]
                await self._taker.changes(changes)
                if changes:
                    self._notice(len(changes), min(change.at for change in changes), changes[-1].at)
                else:
                    self._status.lag_seconds = 0.0
                self._place.token = batch[-1][1]
                if changes or monotonic() - kept > KEEP:
                    await self._keep()
                    kept = monotonic()
                self._fine()
                if once and not changes:
                    raise CaughtUp
        finally:
            self.end()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read(self, heard: "asyncio.Queue[Heard]") -> None:
        try:
            stream = await reading.watch(self._database, self._place.token)
        except OperationFailure as error:
            if error.code in NO_STREAM:
                raise Lost("the server has no change streams any more") from None
            raise
        async with stream:
            while stream.alive:
                raw = await stream.try_next()
                if self._ending:
                    return
                await heard.put((reading.change_of(raw) if raw else None, stream.resume_token))
        raise Lost("the stream was closed: the database was dropped or renamed")

    async def _batch(self, heard: "asyncio.Queue[Heard]", reader: "asyncio.Task[None]") -> list[Heard]:
        """Wait for something, then all that is there."""
        first = asyncio.create_task(heard.get())
        await asyncio.wait([first, reader], return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            first.cancel()
            await reader  # raises what ended it
        batch = [await first]
        while not heard.empty():
            batch.append(heard.get_nowait())
        return batch

    async def _poll(self, once: bool) -> None:
        self._enter("polling")
        swept = monotonic()
        while not self._ending:
            new = sum([await self._polled(name) for name in COLLECTIONS])
            if not new:
                self._status.lag_seconds = 0.0
            if monotonic() - swept >= SWEEP or once:
                await self._taker.sweep()
                swept = monotonic()
            self._fine()
            if once and not new:
                raise CaughtUp
            await asyncio.sleep(POLL)

    async def _polled(self, name: str) -> int:
        """Ask one collection; how many events were new."""
        new, seen = 0, self._place.polled[name]
        latest = await reading.newest(self._database, name)
        async for page in reading.since(self._database, name, seen - reading.OVERLAP):
            fresh = await self._taker.documents([(name, document) for document in page])
            if fresh:
                newest = reading.past(page[-1].get(reading.clock(name)))
                self._notice(fresh, newest, newest)
            new += fresh
        if latest and latest > seen:
            self._place.polled[name] = latest
            await self._keep()
        return new

    async def _keep(self) -> None:
        if not await asyncio.to_thread(self._keeper.remember, self._place.write(), self._term):
            raise CheckpointConflict(f"the place was written under a later term than {self._term}")

    def _enter(self, phase: str) -> None:
        self._status.phase, self._status.since = phase, int(time() * 1e6)

    def _notice(self, count: int, oldest: datetime, newest: datetime) -> None:
        self._status.changes += count
        self._status.last_change = int(newest.timestamp() * 1e6)
        self._status.lag_seconds = round(max(0.0, time() - oldest.timestamp()), 3)
