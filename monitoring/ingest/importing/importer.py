"""Imports the lines of a file in batches, each of which is one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress

from monitoring.db.transactions import transactional
from monitoring.events.envelope import Event
from monitoring.ingest.batch import validate_all
from monitoring.ingest.importing.files import DamagedFile
from monitoring.ingest.importing.lines import Line, RawLine
from monitoring.ingest.source_state import save_ignored
from monitoring.recording.record import commit

BATCH_EVENTS = 2_000
"""Events after which a batch is committed."""
BATCH_LINES = 10_000
"""Lines after which a batch is committed, if few of them have events."""

Refuse = Callable[[RawLine, list[str]], None]
"""Receives each line that was refused, or an event of which was, with the reasons."""


@dataclass(slots=True)
class Batch:
    """The valid events of consecutive lines. `number` is that of the last line, `invalid` are the dropped fields of
    each event (those of a line count for its first one). The commit counts events that are `new`, events that the
    journal has already (`known`), and dropped fields of the new ones (`unreadable`), so that a repetition counts
    nothing again."""

    number: int = 0
    lines: int = 0
    events: list[Event] = field(default_factory=list)
    invalid: list[tuple[str, ...]] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)
    new: int = 0
    known: int = 0

    def add(self, line: Line, refuse: Refuse) -> None:
        events, reasons = validate_all(line.events)
        self.events += events
        of_line = line.invalid
        for event in events:
            self.invalid.append((*of_line, *event.unread))
            of_line = ()
        if line.problem or reasons:
            refuse(line.raw, [line.problem, *reasons] if line.problem else reasons)
        self.lines += 1
        self.number = line.raw.number

    @transactional
    def commit(self) -> None:
        new = commit(self.events)[0] if self.events else []
        self.new, self.known = sum(new), len(new) - sum(new)
        self.unreadable = Counter(name for names in compress(self.invalid, new) for name in names)
        save_ignored({("files", "unreadable", name): count for name, count in self.unreadable.items()})


def import_lines(lines: Iterable[Line], refuse: Refuse) -> Iterator[Batch]:
    """Yields each batch after its commit. What is before the damage of a DamagedFile is committed, too."""
    batch, damage = Batch(), None
    try:
        for line in lines:
            batch.add(line, refuse)
            if len(batch.events) >= BATCH_EVENTS or batch.lines >= BATCH_LINES:
                batch.commit()
                yield batch
                batch = Batch()
    except DamagedFile as error:
        damage = error
    if batch.lines:
        batch.commit()
        yield batch
    if damage:
        raise damage
