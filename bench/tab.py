"""A browser's tab that is left open: `python bench/tab.py --url URL --user NAME --password WORDS [--minutes 60]
[--mbit 10]`.

Opens a page with an empty cache, over a line of so many Mbit/s, and says when its figures and its charts were painted
and how many bytes came; leaves it open over live traffic and says how its
memory grew (after a forced collection, from the second minute on), which tasks held the page for over 50 ms, how far
its layout shifted, and how many frames a second it had after its first 10 s.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page, TimeoutError, sync_playwright

MB = 1024 * 1024
WATCH = """
window.__long = [];
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.__long.push([e.startTime, e.duration]); })
  .observe({ type: "longtask", buffered: true });
window.__shift = 0;
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.__shift += e.value; })
  .observe({ type: "layout-shift", buffered: true });
window.__frames = [];
let before = 0;
requestAnimationFrame(function frame(now) {
  if (now > 10_000) window.__frames.push(now - before);
  before = now;
  requestAnimationFrame(frame);
});
"""
FRAME_MS = 1_000 / 60
FIGURES = {"/": "() => document.querySelectorAll('.tile .value:not(.skeleton)').length >= 6"}
ANY = "() => document.querySelector('main [data-state]:not([data-state=loading]), main .main-svg, main table')"
CHART = "() => document.querySelector('main .main-svg')"
CHARTS = """() => document.readyState === 'complete' && [...document.querySelectorAll('main .chart')].every(
    (chart) => chart.querySelector('.main-svg, .nothing:not([hidden])'))"""
LOADED = "() => document.readyState !== 'loading'"
LATENCY_MS, STALL_MS = 20, 5_000
BYTES = "() => performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--url", "--user", "--password"):
        parser.add_argument(name, required=True)
    parser.add_argument("--page", default="/")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between two looks at the memory")
    parser.add_argument("--times", type=int, default=5, help="how often the page is painted")
    parser.add_argument("--mbit", type=float, default=0, help="of the line, 0: as it is")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        for name, shown in {"figures": FIGURES.get(options.page, ANY), "a chart": CHART, "all charts": CHARTS}.items():
            took, size = paints(browser, options, shown)
            print(f"{name} painted after {' '.join(f'{s:.2f}' for s in took)} s, {size / 1000:,.0f} kB", flush=True)
        if not options.minutes:
            browser.close()
            return
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = entered(context, options)
        page.add_init_script(WATCH)
        page.goto(options.url + options.page)
        grown(page, context.new_cdp_session(page), options.minutes * 60, options.every)
        browser.close()


def paints(browser: Any, options: argparse.Namespace, shown: str) -> tuple[list[float], int]:
    """Seconds from asking for the page until something is shown, some times, with an empty cache each time; and the
    bytes that came until then, at the last time."""
    found, size = list[float](), 0
    for _ in range(options.times if not options.mbit else 3 * options.times):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = entered(context, options, to="/login/")
        narrow(context.new_cdp_session(page), options.mbit)
        began = time.monotonic()
        page.goto(options.url + options.page, wait_until="commit")
        if not stalls(page, options.mbit):
            page.wait_for_function(shown, polling="raf", timeout=30_000)
            found.append(time.monotonic() - began)
            size = page.evaluate(BYTES)
        context.close()
        if len(found) == options.times:
            break
    return sorted(found), size


def stalls(page: Page, mbit: float) -> bool:
    """True if Chromium's throttling lets nothing through, which it does in a third of new contexts: every request of
    the page, also that of its own document, waits for ever. Such a try is repeated."""
    try:
        page.wait_for_function(LOADED, timeout=STALL_MS)
    except TimeoutError:
        if not mbit:
            raise
        return True
    return False


def narrow(line: CDPSession, mbit: float) -> None:
    """Empties the cache, and makes the line as narrow as Chromium's throttling does."""
    line.send("Network.enable")
    line.send("Network.clearBrowserCache")
    if mbit:
        width = {"downloadThroughput": mbit * 125_000, "uploadThroughput": mbit * 125_000}
        line.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS} | width)


def entered(context: Any, options: argparse.Namespace, to: str = "") -> Page:
    """A page of somebody who has logged in, with nothing of ours in the cache but the log-in."""
    page: Page = context.new_page()
    page.goto(f"{options.url}/login/")
    token = page.locator("input[name=csrfmiddlewaretoken]").input_value()
    form = {"username": options.user, "password": options.password, "csrfmiddlewaretoken": token}
    context.request.post(f"{options.url}/login/", form=form, headers={"Referer": f"{options.url}/login/"})
    return page


def grown(page: Page, line: CDPSession, seconds: float, every: float) -> None:
    """One line for each look, and what came of it."""
    line.send("Performance.enable")
    line.send("HeapProfiler.enable")
    heaps: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.wait_for_timeout(every * 1000)
        line.send("HeapProfiler.collectGarbage")
        metrics = {one["name"]: one["value"] for one in line.send("Performance.getMetrics")["metrics"]}
        heaps.append(metrics["JSHeapUsedSize"] / MB)
        long = [duration for _, duration in page.evaluate("window.__long") if duration > 50]
        said = {"heap MB": round(heaps[-1], 1), "nodes": metrics["Nodes"], "renderers MB": renderers()}
        print(json.dumps(said | {"tasks over 50 ms": len(long), "longest ms": round(max(long, default=0))}), flush=True)
    if len(heaps) > 2:
        print(f"heap {heaps[1]:.1f} MB after {2 * every:g} s, {heaps[-1]:.1f} at the end: {heaps[-1] - heaps[1]:+.1f}")
    tasks = page.evaluate("window.__long")
    late = [duration for start, duration in tasks if start > 10_000 and duration > 100]
    print(f"tasks over 100 ms after the first 10 s: {len(late)}, the longest {max(late, default=0):.0f} ms")
    print(f"layout shift {page.evaluate('window.__shift'):.4f}")
    if took := page.evaluate("window.__frames"):
        rate, missed = 1_000 * len(took) / sum(took), sum(round(one / FRAME_MS) - 1 for one in took)
        print(f"{rate:.1f} frames a second, {missed} of {missed + len(took)} missed, the longest {max(took):.0f} ms")


def renderers() -> float:
    """Private memory of this machine's renderers, the largest, MB."""
    sizes = []
    for process in psutil.process_iter(["cmdline"]):
        if "--type=renderer" in (process.info["cmdline"] or []) and Path(f"/proc/{process.pid}").exists():
            sizes.append(process.memory_full_info().uss / MB)
    return round(max(sizes, default=0), 1)


if __name__ == "__main__":
    main()
