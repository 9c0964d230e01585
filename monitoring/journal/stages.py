"""The registry of the pipeline's stages. Each room registers its own; other rooms look them up here. Pure."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from monitoring.events.record import Record


class Stage(Protocol):
    """A fold, whose work is divided into `parts`; `part_of` says whose a record is. `apply` reads and counts a batch of
    one's own parts and gives what writes it, with the parts whose rows that changes; `received` is the time of the
    newest entry read. `clear` forgets everything. `types` are those it reads, None for all; with `origins` its records
    say where they came from. It never runs ahead of the stages that it `needs`."""

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
    """Add a stage. ValueError where it needs one that is not registered yet, so that none can need itself."""
    if missing := set(stage.needs) - _stages.keys():
        raise ValueError(f"stage {stage.name} needs {', '.join(sorted(missing))}, which is not registered before it")
    _stages[stage.name] = stage


def stages() -> tuple[Stage, ...]:
    """All stages, in an order in which none needs a later one."""
    return tuple(_stages.values())


def stage_names() -> tuple[str, ...]:
    return tuple(_stages)
