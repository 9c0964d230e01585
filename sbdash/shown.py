"""Settings as people may see them: no secret, and no password inside an address. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

SECRETS = frozenset({"SECRET_KEY", "EMAIL_PASSWORD", "ALERT_HEARTBEAT_URL"})
"""Settings whose value is a secret."""
HIDDEN = "***"
_CREDENTIALS = re.compile(r"(://)[^/\s]*@")
_SECRET_PARAMETER = re.compile(r"([?&][^=&]*(?:password|passwd|secret|token|key)[^=&]*=)[^&\s]*", re.IGNORECASE)
_KEY_IN_PATH = re.compile(r"(/k/)[^/\s]+")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, its value as text, and whether it was given; else it has its default."""

    name: str
    value: str
    given: bool


def shown(values: Iterable[tuple[str, object, bool]]) -> list[Setting]:
    """The settings of `(name, value, given)`, by name."""
    return [Setting(name, masked(name, value), given) for name, value, given in sorted(values, key=itemgetter(0))]


def masked(name: str, value: object) -> str:
    """The value as text, with credentials in addresses replaced by ***."""
    if name in SECRETS:
        return HIDDEN if value else ""
    if isinstance(value, bool):
        return str(value).lower()
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)
    return _KEY_IN_PATH.sub(rf"\1{HIDDEN}", _SECRET_PARAMETER.sub(rf"\1{HIDDEN}", text))
