"""The page of a rule in a browser: its threshold is dragged over the past, tried, saved; the next event fires it."""

import re

import test_browser
from playwright.sync_api import expect
from running import Server, until
from test_alerts_page import BUSY, Fresh, ask, exchange
from test_browser import Open

browser, visit = test_browser.browser, test_browser.visit
SLOW = {"name": "Slow", "figure": "response_time", "comparison": ">", "threshold": 50, "window_seconds": 0}
HISTORY = "/rules/history"


def test_a_threshold_is_dragged_tried_and_saved_and_the_next_event_fires_it(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    for number, wait in enumerate((10, 20, 30, 40)):
        server.take(exchange(f"past-{number}", wait, ago=3))
    rule = ask(server, "POST", "/rules", SLOW).json["id"]
    tab = visit(server).log_in("dora", "/alerts/").live()
    tab.page.get_by_role("link", name="Slow", exact=True).click()
    told = tab.page.locator("#told")
    until(lambda: "0 in " in told.inner_text())
    assert "This rule would never have fired." in tab.page.locator("#warnings").inner_text()
    line = tab.page.get_by_role("slider", name="Threshold")
    grip, chart = line.locator("line.grip").bounding_box(), tab.page.locator("#chart").bounding_box()
    assert grip is not None
    assert chart is not None
    x = chart["x"] + chart["width"] / 2
    tab.page.mouse.move(x, grip["y"] + grip["height"] / 2)
    tab.page.mouse.down()
    tab.page.mouse.move(x, chart["y"] + chart["height"] * 0.62, steps=8)
    tab.page.mouse.up()
    until(lambda: "2 in " in told.inner_text())
    assert tab.page.locator(".bands rect").count() == 2
    assert "+2 gained, −0 lost" in tab.page.locator("#compared").inner_text()
    value = float(tab.page.get_by_label("Threshold (s)").input_value())
    assert 20 < value < 30
    tab.page.get_by_role("button", name="Table").click()
    fires = tab.page.locator("#values tbody tr", has_text="fires")
    until(fires.count)
    tab.page.get_by_role("button", name="Table").click()
    line.press("ArrowUp")
    assert float(tab.page.get_by_label("Threshold (s)").input_value()) > value
    tab.page.get_by_role("button", name="Save", exact=True).click()
    tab.page.get_by_text("Saved: in force within two seconds.").wait_for()
    assert 20 < ask(server, "GET", f"/rules/{rule}").json["threshold"] < 30
    tab.page.goto(f"{server.url}/alerts/")
    tab.live()
    tab.page.evaluate("window.stays = true")
    row = tab.page.locator("#past-table tbody tr").filter(has_text="Slow").filter(has_text="36.0 s")

    def fires() -> bool:
        server.take(exchange("next", 36))
        tab.page.wait_for_timeout(1_000)
        return row.count() > 0

    until(fires)
    assert tab.page.evaluate("window.stays")


def test_a_proposal_a_refusal_at_its_field_and_the_way_back(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    for number, wait in enumerate((10, 20, 40)):
        server.take(exchange(f"past-{number}", wait, ago=3))
    tab = visit(server).log_in("dora", "/alerts/rules/1/")
    told = tab.page.locator("#told")
    until(lambda: "1 in " in told.inner_text())
    tab.page.get_by_label("At most").fill("0")
    tab.page.get_by_role("button", name="Propose").click()
    until(lambda: "0 in " in told.inner_text())
    tab.page.get_by_label("Breached for, s").fill("-5")
    tab.page.locator("[data-field=for_seconds] .words").get_by_text("must not be negative").wait_for()
    tab.page.get_by_label("Breached for, s").fill("0")
    tab.page.get_by_role("button", name="Save", exact=True).click()
    back = tab.page.get_by_role("button", name="Back to the shipped values")
    back.wait_for()
    assert ask(server, "GET", "/rules/1").json["source"] == "saved"
    back.click()
    tab.page.get_by_role("button", name="Yes, the shipped values").click()
    tab.page.get_by_text("The threshold is the setting MAX_RESPONSE_TIME_ALERT.").wait_for()
    tab.complaints[:] = [one for one in tab.complaints if "422" not in one]


def test_a_new_rule_is_made_and_tuning_is_for_administrators(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(exchange("one") + exchange("two"))
    tab = visit(server).log_in("dora", "/admin/")
    tab.page.get_by_role("link", name="Thresholds: the rules of alerts").click()
    tab.live()
    tab.page.get_by_role("link", name="New rule").click()
    tab.page.get_by_role("button", name="Save", exact=True).click()
    tab.page.locator("[data-field=name] .words").get_by_text("Give the rule a name.").wait_for()
    tab.page.locator("[name=name]").fill("Busy")
    tab.page.locator("[name=figure]").select_option("messages")
    tab.page.get_by_role("button", name="Save", exact=True).click()
    tab.page.wait_for_url(re.compile(r"/alerts/rules/[0-9]+/$"))
    expect(tab.page.get_by_label("Name", exact=True)).to_have_value("Busy")
    expect(tab.page.locator("#done")).to_have_text("Saved: in force within two seconds.")
    assert [server.page("/alerts/rules/1/", user).status for user in ("alice", "bob", "charlie")] == [403] * 3
    bob = visit(server).log_in("bob", "/alerts/").live()
    bob.page.locator("#rules-table tbody tr").first.wait_for()
    assert bob.page.locator('a[href^="/alerts/rules/"]').count() == 0


def test_the_history_of_a_figure_by_minutes_and_by_single_values(server: Server) -> None:
    server.take(exchange("curved", 12, ago=120))
    line = ask(server, "POST", HISTORY, {"rule": BUSY}).json
    assert line["single"] is False
    assert 0 < len(line["points"]) <= 1_500
    assert max(largest for _, _, largest in line["points"]) >= 2
    dots = ask(server, "POST", HISTORY, {"rule": SLOW}).json
    assert dots["single"] is True
    assert [point for point in dots["points"] if point[1] <= 12 <= point[2]]
    assert ask(server, "POST", HISTORY, {"rule": SLOW | {"figure": "nonsense"}}).status == 422
