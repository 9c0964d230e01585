"""Reads the history, then the changes, while the follower holds its lease.

Each batch is committed before its state.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, time

from pymongo.errors import OperationFailure

from monitoring.ingest.follow import reader
from monitoring.ingest.follow.document_writer import DocumentWriter
from monitoring.ingest.follow.documents import Document
from monitoring.ingest.follow.follow_state import FollowState
from monitoring.ingest.follow.reader import COLLECTIONS, PAGE_SIZE, Change, Database
from monitoring.ingest.follow.store import FollowerStore
from monitoring.ingest.follower_status import Status

NO_CHANGE_STREAM_CODES = {59, 115, 238, 40324, 40573}
"""Error codes of servers without change streams: a standalone MongoDB, or another product with its protocol."""
POLL_INTERVAL = 1.0
"""Seconds between two polls of a server without change streams."""
SWEEP_INTERVAL = 30.0
"""Seconds between two searches for deleted sessions on a server without change streams."""
TOKEN_SAVE_INTERVAL = 30.0
"""Seconds after which the resume token is stored although nothing changed, because the server's oplog is limited."""
SWEPT = "swept"
"""Marks the last part of the history as done: sessions of deleted documents are ended."""
StreamItem = tuple[Change | None, Document | None]
"""A change, None if there is none, and the resume token after it."""


class CheckpointConflict(RuntimeError):
    """Another follower wrote the state under a later term, or took the lease."""


class CaughtUp(Exception):
    """All existing documents and changes are read."""


class ChangesLost(RuntimeError):
    """Changes were missed, so the history is read again."""


class FollowRun:
    """Continues from `state`. Calls `on_success()` after each read."""

    def __init__(
        self,
        database: Database,
        store: FollowerStore,
        term: int,
        state: FollowState,
        status: Status,
        on_success: Callable[[], None],
    ) -> None:
        self._database, self._store, self._term, self._state = database, store, term, state
        self._status, self._on_success = status, on_success
        self._writer = DocumentWriter(database, store, status, state.open)
        self._ending = False

    def end(self) -> None:
        """Ends after the current batch. Call it before the task is cancelled: PyMongo may swallow a cancellation."""
        self._ending = True

    async def run(self, once: bool) -> None:
        """Runs until `end`. Raises CaughtUp with `once`; ChangesLost, CheckpointConflict, PyMongoError."""
        streams = await self._note_start()
        if SWEPT not in self._state.done:
            await self._history()
        await (self._changes(once) if streams else self._poll(once))

    async def _note_start(self) -> bool:
        """Stores where changes begin before the history is read, so that no change is missed between both. Returns
        False if the server has no change streams."""
        if self._state.token is not None:
            return True
        try:
            async with await reader.watch(self._database, None) as stream:
                while (token := stream.resume_token) is None:
                    await stream.try_next()
        except OperationFailure as error:
            if error.code not in NO_CHANGE_STREAM_CODES:
                raise
            for name in COLLECTIONS:
                if name not in self._state.polled:
                    self._state.polled[name] = await reader.latest_time(self._database, name) or datetime.now(UTC)
            await self._save_state()
            return False
        for name in self._state.polled:  # the server had no streams before: reads the changes since the last poll
            await self._poll_collection(name)
        if self._state.polled:
            await self._writer.sweep()
        self._state.polled, self._state.token = {}, token
        await self._save_state()
        return True

    async def _history(self) -> None:
        self._status.enter("history")
        self._status.total, self._status.read = await reader.estimated_count(self._database), 0
        for name in COLLECTIONS:
            if name in self._state.done:
                continue
            async for page in reader.history(self._database, name, self._state.after.get(name)):
                await self._writer.write_documents([(name, document) for document in page])
                self._state.after[name] = page[-1]["_id"]
                await self._save_state()
                self._status.read += len(page)
                self._on_success()
                if self._ending:
                    return
            self._state.done.append(name)
            await self._save_state()
        await self._writer.sweep()
        self._state.done.append(SWEPT)
        await self._save_state()

    async def _changes(self, once: bool) -> None:
        """One task reads while this one writes; the changes read meanwhile are the next batch."""
        self._status.enter("changes")
        queue: asyncio.Queue[StreamItem] = asyncio.Queue(PAGE_SIZE)
        reader_task, saved_at = asyncio.create_task(self._read(queue)), monotonic()
        try:
            while not self._ending:
                batch = await self._batch(queue, reader_task)
                changes = [change for change, _ in batch if change]
                await self._writer.write_changes(changes)
                if changes:
                    self._count_changes(len(changes), min(change.at for change in changes), changes[-1].at)
                else:
                    self._status.lag_seconds = 0.0
                self._state.token = batch[-1][1]
                if changes or monotonic() - saved_at > TOKEN_SAVE_INTERVAL:
                    await self._save_state()
                    saved_at = monotonic()
                self._on_success()
                if once and not changes:
                    raise CaughtUp
        finally:
            self.end()
            reader_task.cancel()
            await asyncio.gather(reader_task, return_exceptions=True)

    async def _read(self, queue: "asyncio.Queue[StreamItem]") -> None:
        try:
            stream = await reader.watch(self._database, self._state.token)
        except OperationFailure as error:
            if error.code in NO_CHANGE_STREAM_CODES:
                raise ChangesLost("the server has no change streams any more") from None
            raise
        async with stream:
            while stream.alive:
                raw = await stream.try_next()
                if self._ending:
                    return
                await queue.put((reader.change_of(raw) if raw else None, stream.resume_token))
        raise ChangesLost("the stream was closed: the database was dropped or renamed")

    async def _batch(self, queue: "asyncio.Queue[StreamItem]", reader_task: "asyncio.Task[None]") -> list[StreamItem]:
        """Waits for one item, then takes all that are queued."""
        first = asyncio.create_task(queue.get())
        await asyncio.wait([first, reader_task], return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            first.cancel()
            await reader_task  # raises the error that ended it
        batch = [await first]
        while not queue.empty():
            batch.append(queue.get_nowait())
        return batch

    async def _poll(self, once: bool) -> None:
        self._status.enter("polling")
        swept_at = monotonic()
        while not self._ending:
            new = sum([await self._poll_collection(name) for name in COLLECTIONS])
            if not new:
                self._status.lag_seconds = 0.0
            if monotonic() - swept_at >= SWEEP_INTERVAL or once:
                await self._writer.sweep()
                swept_at = monotonic()
            self._on_success()
            if once and not new:
                raise CaughtUp
            await asyncio.sleep(POLL_INTERVAL)

    async def _poll_collection(self, name: str) -> int:
        """Polls one collection. Returns the number of new events."""
        new, polled_until = 0, self._state.polled[name]
        latest = await reader.latest_time(self._database, name)
        async for page in reader.changed_since(self._database, name, polled_until - reader.POLL_OVERLAP):
            new_in_page = await self._writer.write_documents([(name, document) for document in page])
            if new_in_page:
                newest = reader.clamp_time(page[-1].get(reader.time_field(name)))
                self._count_changes(new_in_page, newest, newest)
            new += new_in_page
        if latest and latest > polled_until:
            self._state.polled[name] = latest
            await self._save_state()
        return new

    async def _save_state(self) -> None:
        if not await asyncio.to_thread(self._store.save_state, self._state.write(), self._term):
            raise CheckpointConflict(f"the state was written under a later term than {self._term}")

    def _count_changes(self, count: int, oldest: datetime, newest: datetime) -> None:
        self._status.changes += count
        self._status.last_change = int(newest.timestamp() * 1e6)
        self._status.lag_seconds = round(max(0.0, time() - oldest.timestamp()), 3)
