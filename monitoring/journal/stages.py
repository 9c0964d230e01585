"""The registry of the pipeline's stages. Each package registers its own stages. Pure."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from monitoring.events.record import Record


class Stage(Protocol):
    """A fold over the journal, divided into `parts` partitions.

    `part_of(record)` returns the record's partition. `apply(batch, received)` computes a batch of the worker's
    partitions and returns `(write, partitions)`: call `write()` inside the checkpoint's transaction; it changes rows of
    `partitions`. `received` is the time of the newest entry that was read. `clear()` deletes all rows. `types` are the
    event types that the stage reads, None for all. With `origins` its records contain their Origin. A stage never reads
    beyond the checkpoints of the stages in `needs`.
    """

    name: str
    parts: int
    origins: bool

    @property
    def needs(self) -> Collection[str]: ...
    @property
    def types(self) -> Collection[str] | None: ...

    def part_of(self, record: Record) -> int: ...
    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], Collection[int]]: ...
    def clear(self) -> None: ...


_stages: dict[str, Stage] = {}


def register(stage: Stage) -> None:
    """Adds a stage. Raises ValueError if it needs a stage that is not registered yet, which prevents cycles."""
    if missing := set(stage.needs) - _stages.keys():
        raise ValueError(f"stage {stage.name} needs {', '.join(sorted(missing))}, which is not registered before it")
    _stages[stage.name] = stage


def stages() -> tuple[Stage, ...]:
    """Returns all stages, each after the stages that it needs."""
    return tuple(_stages.values())


def stage_names() -> tuple[str, ...]:
    return tuple(_stages)
