"""Applies journal entries to a stage: `advance` applies the next batch, `rebuild` applies all entries again."""

from collections.abc import Callable, Collection, Sequence
from time import monotonic, sleep

from monitoring.db.transactions import allows_long_transactions, async_commit_here, is_unique_violation, transactional
from monitoring.journal import checkpoints
from monitoring.journal import store as journal
from monitoring.journal.checkpoints import HALTED
from monitoring.journal.leases import living_workers
from monitoring.journal.models import StageCheckpoint
from monitoring.journal.stages import Stage
from monitoring.recording.reader import read_records

BATCH_ENTRIES = 8_000
"""Default batch size. A larger batch meets the same sessions more often: twice as many entries cost a sixth less each,
and half a second per batch."""
MAX_READ_FACTOR = 4
"""A worker that holds some of a stage's partitions reads at most this many times the batch size."""
POLL_INTERVAL = 0.2
"""Seconds between two looks at the progress of other workers during a rebuild."""
WORKERS_TIMEOUT = 15.0
"""Seconds without progress after which a rebuild stops waiting for the workers."""


class CheckpointConflict(RuntimeError):
    """Another worker advanced this partition's checkpoint first; its batch is kept and this one is rolled back."""


def advance(stage: Stage, mine: Collection[int] | None = None, limit: int = BATCH_ENTRIES) -> int:
    """Apply the next batch to the partitions `mine` (None: all), rows and checkpoints in one transaction. Returns the
    number of entries read, 0 if there is nothing to do. Raises CheckpointConflict.

    The batch is computed before the transaction begins. The rows that it read are valid only while no other worker has
    moved a checkpoint, so the first worker to move one wins.
    """
    partitions = checkpoints.partitions(stage.name, stage.parts)
    positions = [partition.position for partition in partitions]
    ours, reach = furthest_behind(positions, range(stage.parts) if mine is None else mine, limit)
    if not ours:
        return 0
    after, own = positions[ours[0]], [partitions[number] for number in ours]
    reach = min([reach, *(needed.position - after for needed in checkpoints.checkpoints(stage.needs).values())])
    if reach <= 0:
        return 0
    read = read_records(after, reach, stage.types, stage.origins)
    if read.reached == after:
        return 0
    is_all = len(ours) == stage.parts
    batch = read.records if is_all else [record for record in read.records if stage.part_of(record) in ours]
    at = max(
        [*(partition.at for partition in own), *(min(record.at, record.received) for record in batch)]
    )  # an event time ahead of its receipt comes from a wrong clock
    write, changed = stage.apply(batch, max((record.received for record in read.records), default=0))
    theirs = [partitions[number] for number in changed if number not in ours]
    try:
        _commit(own, theirs, read.reached, at, write)
    except Exception as error:
        if not is_all and is_unique_violation(error):
            raise CheckpointConflict(f"another partition of {stage.name} inserted the same row first") from error
        raise
    return read.reached - after


def furthest_behind(positions: Sequence[int], mine: Collection[int], limit: int) -> tuple[list[int], int]:
    """Returns those of the partitions `mine` with the lowest position, and how many entries to read from there.

    The number ends at the next higher position of `mine`, from where both are read together. It is larger where fewer
    partitions are read, because fewer of the entries are theirs.
    """
    held = [number for number in mine if positions[number] != HALTED]
    lowest = min((positions[number] for number in held), default=0)
    own = [number for number in held if positions[number] == lowest]
    beyond = [positions[number] - lowest for number in held if positions[number] > lowest]
    return own, min([limit * min(MAX_READ_FACTOR, len(positions) // max(1, len(own))), *beyond])


@transactional
def _commit(
    own: Sequence[StageCheckpoint],
    theirs: Sequence[StageCheckpoint],
    reached: int,
    at: int,
    write: Callable[[], None],
) -> None:
    async_commit_here()
    if not checkpoints.advance_checkpoint(own, reached, at) or not checkpoints.bump_version(theirs):
        raise CheckpointConflict(f"{own[0].stage} was changed by another worker")
    write()


def rebuild(stage: Stage, progress: Callable[[int, int], None], limit: int = BATCH_ENTRIES) -> int:
    """Clear a stage and apply the whole journal to it again. Calls `progress(position, size)` after each batch. Returns
    the position reached."""
    _clear(stage)
    position, moved = 0, monotonic()
    while position < (size := journal.size()):
        has_workers = living_workers() and monotonic() - moved < WORKERS_TIMEOUT
        if has_workers or not _advance_all(stage, limit):  # with workers, advancing here too would only cause conflicts
            sleep(POLL_INTERVAL)
        before, position = position, checkpoints.checkpoints([stage.name])[stage.name].position
        moved = monotonic() if position > before else moved
        progress(position, size)
    return position


def _advance_all(stage: Stage, limit: int) -> int:
    """Returns 0 after a conflict with a worker, or if a stage that this one needs is behind."""
    try:
        return advance(stage, None, limit)
    except CheckpointConflict:
        return 0


def _clear(stage: Stage) -> None:
    """In one transaction, or, on a database that limits a transaction's duration, with the stage's workers halted."""
    if allows_long_transactions():
        _clear_in_transaction(stage)
        return
    transactional(checkpoints.reset)(stage.name, HALTED)
    stage.clear()
    transactional(checkpoints.reset)(stage.name)


@transactional
def _clear_in_transaction(stage: Stage) -> None:
    checkpoints.reset(stage.name)  # first, because it waits for a worker that is writing this stage's rows
    stage.clear()
