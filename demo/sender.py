"""Sends events over HTTP like any other sender, no faster than the server counts them. Pure."""

import json
import urllib.error
import urllib.request
from threading import Event
from typing import Any

from monitoring.ingest.sources.cloud_event import CloudEvent

STATS_TIMEOUT = 20.0
"""Seconds to wait for the statistics before the next batch."""
POLL_INTERVAL = 0.25
"""Seconds between two queries of the position."""


class Sender:
    """`read_key` (optional) lets it ask how far the statistics are. `stopping` ends every wait."""

    def __init__(self, url: str, key: str, read_key: str, stopping: Event) -> None:
        self._url, self._key, self._read_key, self._stopping = url, key, read_key, stopping

    def send(self, events: list[CloudEvent]) -> int:
        """Sends a batch, and retries while the server restarts or responds 429 or 503. Returns the position up to which
        the journal has it, 0 if it is to stop."""
        body = json.dumps(events).encode()
        headers = {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {self._key}"}
        while not self._stopping.is_set():
            request = urllib.request.Request(f"{self._url}/api/v1/events", data=body, headers=headers)  # noqa: S310
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  an address the operator gave
                    return int(json.load(answer)["position"])
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    raise
            except OSError:
                pass
            self._stopping.wait(1.0)
        return 0

    def wait_until_counted(self, position: int) -> None:
        """Waits until every stage has passed a position, so that events of now wait behind few of the past."""
        waited = 0.0
        while self._read_key and waited < STATS_TIMEOUT and not self._stopping.is_set() and self._counted() < position:
            self._stopping.wait(POLL_INTERVAL)
            waited += POLL_INTERVAL

    def _counted(self) -> float:
        headers = {"Authorization": f"Bearer {self._read_key}"}
        request = urllib.request.Request(f"{self._url}/api/v1/health", headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                stages: dict[str, dict[str, Any]] = json.load(answer)["stages"]
                return float(min(stage["position"] for stage in stages.values()))
        except OSError:
            return 0.0
