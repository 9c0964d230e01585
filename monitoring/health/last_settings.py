"""Compares the settings of this start with those of the last one: a change becomes a mark on the charts."""

from hashlib import sha256
from time import time

import msgspec
from django.conf import settings

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.health import models
from monitoring.health.annotation import MAX_WORDS
from monitoring.health.annotations import keep

OF_ONE_PROCESS = frozenset({"HOST", "PORT", "DATA_DIR", "LOG_LEVEL", "PIPELINE", "PIPELINE_INSIDE"})
"""Settings in which processes of one installation differ by purpose."""
ACTOR = Actor("command", name="start")
_decode = msgspec.json.Decoder(dict[str, str]).decode


@transactional
def record_changed_settings() -> str:
    """Stores the settings of this start, and a mark if they differ from those of the last. Returns the mark's words,
    empty without one. Of several processes that start at once, one sets it: its name follows from the change."""
    shown = {one.name: one.value for one in settings.SETTINGS_SHOWN if one.name not in OF_ONE_PROCESS}
    row = models.LastSettings.objects.filter(key=1).first()
    text = msgspec.json.encode(shown, order="sorted").decode()
    if row and row.shown == text:
        return ""
    before = _decode(row.shown) if row else None
    models.LastSettings.objects.update_or_create(key=1, defaults={"shown": text})
    words = changed_words(before, shown) if before is not None else ""
    if not words or row is None:
        return ""
    now = time()
    name = sha256(f"{row.shown} {text} {int(now / 60)}".encode()).hexdigest()[:32]
    keep(f"settings {name}", int(now * 1e6), "settings", words, "", "sbdash", ACTOR)
    return words


def changed_words(before: dict[str, str], after: dict[str, str]) -> str:
    """Returns the settings that both know and that differ, as `NAME: old → new`. A setting that one version lacks is no
    change."""
    changed = [
        f"{name}: {before[name] or 'empty'} → {value or 'empty'}"
        for name, value in sorted(after.items())
        if name in before and before[name] != value
    ]
    words = "; ".join(changed)
    return words if len(words) <= MAX_WORDS else f"{words[: MAX_WORDS - 1]}…"
