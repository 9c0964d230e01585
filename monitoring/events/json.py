"""The type of decoded JSON whose shape is not known, because others write it. Pure."""

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
