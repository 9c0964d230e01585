"""From an event to the pixel of a browser: `python bench/pixel.py [--viewers 100] [--events 100]`.

One event at a time starts a session on a server of its own, while so many sockets watch the overview as well; Chromium
has the overview open, and notes the first animation frame after the tile "Active sessions" shows the event.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.async_api import Page, async_playwright

from bench.events import event, stamp
from bench.figures import percentile
from bench.frames import WISH
from bench.sender import Sender
from bench.server import Server
from bench.viewers import connect, ended, handshake, many_files

PATIENCE_MS = 10_000
PAUSES = (0.3, 1.2)
"""Seconds between two events: longer than the shortest pause between two frames, and never in its rhythm."""
NOTE = """
window.painted = [];
new MutationObserver(() => requestAnimationFrame(() => {
  const shown = Number(document.querySelector("[data-tile=active] .value")?.textContent);
  if (Number.isFinite(shown)) window.painted[shown] ??= performance.timeOrigin + performance.now();
})).observe(document, { subtree: true, childList: true, characterData: true });
"""


def started(number: int) -> bytes:
    """A batch of one event: a message in a session of its own, now."""
    data = {"message_id": f"m{number}", "session_id": f"pixel-{number}", "user_id": "u", "role": "user"}
    one = event(f"pixel-{number}", "message", f"{stamp()}Z", data | {"status": "completed"})
    return json.dumps([one]).encode()


async def measure(server: Server, options: argparse.Namespace) -> list[float]:
    """Milliseconds from the begin of each request to the frame that shows its event."""
    cookie, frames = server.log_in(), list[bytes]()
    watching = handshake(server.port, "/ws/live/", cookie)
    viewers = await connect(options.viewers, server.port, watching, WISH, lambda _, head: frames.append(head))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        name, _, value = cookie.partition("=")
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{server.port}"}])
        await context.add_init_script(NOTE)
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{server.port}/")
        sender = Sender(server.port, server.first["ingest_key"])
        await _seen(page, sender, 1)  # the first one leaves the empty page, and loads the charts
        await asyncio.sleep(options.settle)
        found = [await _seen(page, sender, number) for number in range(2, options.events + 2)]
        await browser.close()
    if gone := ended(viewers):
        raise RuntimeError(f"{len(gone)} of {options.viewers} viewers were cut off: {gone[0]}")
    for viewer in viewers:
        viewer.close()
    if options.viewers and not frames:
        raise RuntimeError("no viewer saw a frame")
    return found


async def _seen(page: Page, sender: Sender, number: int) -> float:
    await asyncio.sleep(random.uniform(*PAUSES))
    began = time.time()
    await asyncio.to_thread(sender.post, started(number))
    shown: Any = await page.wait_for_function("(n) => window.painted[n]", arg=number, timeout=PATIENCE_MS)
    return float(await shown.json_value()) - began * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--settle", type=float, default=5.0, help="seconds before the first measured event")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    many_files()
    with Server() as server:
        found = asyncio.run(measure(server, options))
    p50, p95 = (percentile(found, share) for share in (0.5, 0.95))
    print(f"{len(found)} events, {options.viewers} viewers: p50 {p50:,.0f} ms, p95 {p95:,.0f} ms, {max(found):,.0f} ms")


if __name__ == "__main__":
    main()
