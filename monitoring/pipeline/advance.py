"""From the journal through every stage to its rows: one batch after another, whoever does it."""

from collections.abc import Callable, Collection, Sequence
from time import monotonic, sleep

from monitoring.db.transactions import allows_long_transactions, async_commit_here, is_unique_violation, transactional
from monitoring.journal import checkpoints
from monitoring.journal import store as journal
from monitoring.journal.checkpoints import HALTED, Partition
from monitoring.journal.leases import living_workers
from monitoring.journal.stages import Stage
from monitoring.recording.reader import read_records

BATCH = 8_000
"""Entries. Who is behind meets the same sessions again: twice as many cost a sixth less each, and half a second."""
WATCH, PATIENCE = 0.2, 15.0
"""Seconds between looks at what other workers make again, and after which who rebuilds does not wait for them."""
MOST_READ = 4
"""Times as many entries are read at most by who counts a part of them."""


class CheckpointConflict(RuntimeError):
    """Another worker moved this part's checkpoint meanwhile; its batch counts, ours does not."""


def advance(stage: Stage, mine: Collection[int] | None = None, limit: int = BATCH) -> int:
    """Apply the next batch of some parts (None: of all), rows and checkpoints in one transaction. Returns how many
    entries were read, 0 when there is nothing to do.

    Counting happens before the transaction: who moved a checkpoint meanwhile has changed what was read, and wins.
    """
    parts = checkpoints.parts(stage.name, stage.parts)
    own, reach = furthest_behind(parts, range(stage.parts) if mine is None else mine, limit)
    if not own:
        return 0
    after = own[0].position
    reach = min([reach, *(needed.position - after for needed in checkpoints.checkpoints(stage.needs).values())])
    if reach <= 0:
        return 0
    found = read_records(after, reach, stage.types, stage.origins)
    if found.reached == after:
        return 0
    records = found.records
    ours = {part.number for part in own}
    batch = records if len(ours) == stage.parts else [each for each in records if stage.part_of(each) in ours]
    at = max(
        [*(part.at for part in own), *(min(each.at, each.received) for each in batch)]
    )  # a clock ahead is not newer
    write, changed = stage.apply(batch, max((each.received for each in records), default=0))
    theirs = [parts[number] for number in changed if number not in ours]
    try:
        _settle(stage.name, own, theirs, found.reached, at, write)
    except Exception as error:
        if len(ours) < stage.parts and is_unique_violation(error):
            raise CheckpointConflict(f"another part of {stage.name} named the same first") from error
        raise
    return found.reached - after


def furthest_behind(parts: Sequence[Partition], mine: Collection[int], limit: int) -> tuple[list[Partition], int]:
    """Of these parts those that are furthest behind, and how many entries to read: no further than to where the next
    ones are, which are then counted together; the more the fewer of them are one's own."""
    held = [parts[number] for number in mine if parts[number].position != HALTED]
    last = min((part.position for part in held), default=0)
    own = [part for part in held if part.position == last]
    beyond = [part.position - last for part in held if part.position > last]
    return own, min([limit * min(MOST_READ, len(parts) // max(1, len(own))), *beyond])


@transactional
def _settle(
    stage: str, own: Sequence[Partition], theirs: Sequence[Partition], reached: int, at: int, write: Callable[[], None]
) -> None:
    async_commit_here()
    if not checkpoints.advance_checkpoint(stage, own, reached, at) or not checkpoints.bump_version(stage, theirs):
        raise CheckpointConflict(f"stage {stage} was moved by another worker")
    write()


def rebuild(stage: Stage, progress: Callable[[int, int], None], limit: int = BATCH) -> int:
    """Forget a stage and make it again from the journal; `progress(position, size)`. Returns the position reached."""
    _forget(stage)
    position, moved = 0, monotonic()
    while position < (size := journal.size()):
        if living_workers() and monotonic() - moved < PATIENCE:
            sleep(WATCH)  # they have it; two would only overtake each other
        else:
            _advance_alone(stage, limit)
        before, position = position, checkpoints.reached(stage.name)
        moved = monotonic() if position > before else moved
        progress(position, size)
    return position


def _advance_alone(stage: Stage, limit: int) -> None:
    try:
        if not advance(stage, None, limit):
            sleep(WATCH)  # a stage that it needs is behind
    except CheckpointConflict:
        sleep(WATCH)


def _forget(stage: Stage) -> None:
    """In one transaction; or, where one may not last, with the stage's workers halted meanwhile."""
    if allows_long_transactions():
        _forget_at_once(stage)
        return
    transactional(checkpoints.reset)(stage.name, checkpoints.HALTED)
    stage.clear()
    transactional(checkpoints.reset)(stage.name)


@transactional
def _forget_at_once(stage: Stage) -> None:
    checkpoints.reset(stage.name)  # first: it waits for whoever is writing this stage's rows
    stage.clear()
