"""An alert in a browser: a band over its chart, a notification, its own link; and the page Alerts without a server."""

from collections.abc import Callable
from typing import Any

import test_browser
from playwright.sync_api import TimeoutError
from running import Server, until
from test_alerts_page import BUSY, PAGE, ask, exchange, firing
from test_browser import Open, Visit

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
OLD, PAST, GONE = 77, 60, 99
"""The key of the oldest alert, how many have ended since (more than a page of the list), and the key of their rule."""
NOTIFICATION = """window.Notification = class {
    static permission = "default";
    static async requestPermission() { return (this.permission = "granted"); }
    constructor(title, { tag }) {
        const all = JSON.parse(localStorage.getItem("shown") ?? "[]");
        localStorage.setItem("shown", JSON.stringify([...all, `${title} ${tag}`]));
    }
};
if (localStorage.getItem("granted")) window.Notification.permission = "granted";"""
BAND = """() => {
    const plot = document.querySelector("#chart-messages .plot");
    const found = (plot?.layout?.annotations ?? []).find(({ name }) => name === "alert");
    if (!found) return null;
    const [size, box] = [plot._fullLayout._size, plot.getBoundingClientRect()];
    return { words: found.hovertext, x: box.left + size.l + found.x * size.w, y: box.top + size.t - 5 };
}"""


def past_alerts(server: Server) -> None:
    """Alerts of a deleted rule, which nothing evaluates; the oldest is on no first page."""
    columns = (
        "key, rule, version, name, figure, scope, severity, start, end, peak, withdrawn, acknowledged_by, marked, "
        "notified, changed"
    )
    made = [
        f"({OLD + n}, {GONE}, 0, '{'Oldest' if n == 0 else 'Past'}', 'response_average', '', 'warning', {at}, "
        f"{at + 10**6}, 9.5, FALSE, '', '', FALSE, {at})"
        for n in range(PAST)
        for at in (1_700_000_000_000_000 + n * 10**9,)
    ]
    server.sql(f'INSERT INTO alerts_alert ({columns.replace("end,", chr(34) + "end" + chr(34) + ",")}) VALUES '
               + ", ".join(made))  # fmt: skip


def opens(tab: Visit, alert: int) -> bool:
    """A click on the band leads to its alert. The band moves with the time, also while the pointer is under way."""
    band = tab.page.evaluate(BAND)
    if not band:
        return False
    tab.page.mouse.click(band["x"], band["y"])
    try:
        tab.page.wait_for_url(f"**/alerts/?alert={alert}", timeout=5_000, wait_until="commit")
    except TimeoutError:
        return False
    return True


def notified(tab: Visit) -> Any:
    return tab.page.evaluate("JSON.parse(localStorage.getItem('shown') ?? '[]')")


def test_an_alert_is_a_band_and_one_notification_and_its_link_shows_it_however_old(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    past_alerts(server)
    rule = ask(server, "POST", "/rules", BUSY | {"severity": "critical"}).json["id"]
    tab = visit(server)
    tab.page.context.add_init_script(NOTIFICATION)
    tab.log_in("bob", PAGE).live()
    tab.page.get_by_label("Notify this desktop").check()
    tab.page.evaluate("localStorage.setItem('granted', '1')")
    tab.page.goto(server.url)
    tab.live()
    other = tab.page.context.new_page()
    other.goto(f"{server.url}/usage/")
    other.wait_for_selector('#live[data-state="live"]')
    server.take(exchange("one") + exchange("two"))
    band = until(lambda: tab.page.evaluate(BAND), 60, "a band over the chart")
    assert band["words"].startswith("Busy, since ")
    assert "Alerts: Busy, since " in (tab.page.locator("#summary-messages").text_content() or "")
    assert "Busy" not in (tab.page.locator("#summary-response").text_content() or "")
    (alert,) = firing(server, rule)
    until(lambda: notified(tab), 30, "a notification")
    other.wait_for_timeout(6_000)  # its next frame has come
    assert notified(tab) == [f"Busy: critical sbdash-alert-{alert['id']}"]
    other.close()
    tab.page.bring_to_front()
    until(lambda: opens(tab, alert["id"]), 60, "the alert of the band")
    tab.page.locator("#now li.chosen").filter(has_text="Busy").wait_for()
    assert tab.page.locator("#linked").is_hidden(), "it fires, and is in the list"

    tab.page.goto(f"{server.url}{PAGE}?alert={OLD}")
    tab.page.locator("#linked li").filter(has_text="Oldest").wait_for()
    assert tab.page.locator("#past-table").get_by_text("Oldest").count() == 0
    chart = tab.page.locator("#linked .peak a").get_attribute("href") or ""
    assert chart.startswith("/?from=2023-11-14T21:43:20Z&to=")
    tab.page.goto(f"{server.url}{PAGE}?alert=5")
    tab.page.get_by_text("There is no such alert any more.").wait_for()
    without_a_server(tab, server)
    tab.complaints[:] = [one for one in tab.complaints if not one.endswith("/alerts/5")]  # the answer was a 404


def without_a_server(tab: Visit, server: Server) -> None:
    """What is known stays, a press says that nobody answered, and the page goes on by itself."""
    tab.patient = True
    server.stop()
    tab.page.get_by_text("Connection lost at").wait_for()
    assert tab.page.locator("#now li").filter(has_text="Busy").is_visible()
    assert tab.page.locator("#past-table tbody tr").count() > 1
    acknowledge = tab.page.locator("#now li").filter(has_text="Busy").get_by_role("button", name="Acknowledge")
    acknowledge.click()
    tab.page.locator("#said").get_by_text("The server did not answer. Try again.").wait_for()
    server.start()
    tab.live()
    acknowledge.click()
    until(lambda: "acknowledged by bob" in tab.page.locator("#now").inner_text())
    assert tab.page.locator("#said").is_hidden()
