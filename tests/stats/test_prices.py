"""The price list: which price holds, what may be saved, and that what was priced once stays priced so."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from running import Server

from monitoring.events.internal import Actor
from monitoring.people.users import make_user
from monitoring.stats import models
from monitoring.stats import prices as store
from monitoring.stats.price_list import (
    InvalidPrice,
    Price,
    PriceList,
    nano,
    per_million,
    read,
    rejection_reason,
    session_shadow_costs,
    shadow_costs,
    usd,
    validate_prices,
)

TODAY = date(2026, 11, 25)
DOLLAR = 1_000_000_000
DORA = Actor("user", key=1)
LISTED = 56
"""Prices that were shipped first."""


def price(model: str, begins: str, prompt: float = 1, completion: float = 2, version: int = 0) -> Price:
    return Price(model, date.fromisoformat(begins), int(prompt * DOLLAR), int(completion * DOLLAR), version)


OLD, NEW = price("llama3.2", "2026-01-01"), price("llama3.2", "2026-06-01", 3, 4, 1)
TAGGED, AGAIN = price("llama3.2:1b", "2026-03-01", 0.5, 0.5, 2), price("llama3.2", "2026-06-01", 5, 6, 3)
LIST = PriceList([AGAIN, OLD, TAGGED, NEW])


@pytest.mark.parametrize(
    ("model", "day", "held"),
    [
        ("llama3.2", "2025-12-31", None),
        ("llama3.2", "2026-01-01", OLD),
        ("llama3.2", "2026-05-31", OLD),
        ("llama3.2", "2026-06-01", AGAIN),
        ("llama3.2:latest", "2026-01-01", OLD),
        ("llama3.2:1b", "2026-02-28", OLD),
        ("llama3.2:1b", "2026-12-31", TAGGED),
        ("llama3", "2026-12-31", None),
        ("Llama3.2", "2026-12-31", None),
        (":1b", "2026-12-31", None),
    ],
)
def test_the_price_in_force(model: str, day: str, held: Price | None) -> None:
    assert LIST.on(model, date.fromisoformat(day)) is held


SHIPPED = [price("llama3.2", "2026-09-01", 7, 7), price("llama3.2:1b", "2026-09-01", 8, 8)]
"""What a later release might bring."""


@pytest.mark.parametrize("model", ["llama3.2", "llama3.2:latest", "llama3.2:1b", "llama3.2:3b"])
def test_what_is_shipped_later_changes_nothing_that_an_administrator_priced(model: str) -> None:
    days = [date(2026, month, 1) for month in range(1, 13)]
    for priced in ([NEW, AGAIN], [TAGGED], [NEW, TAGGED]):
        before, after = PriceList([OLD, *priced]), PriceList([OLD, *priced, *SHIPPED])
        for day in days:
            held = before.on(model, day)
            if held and held.version:
                assert after.on(model, day) is held, (priced, day)
    assert PriceList([TAGGED, *SHIPPED]).on("llama3.2", TODAY) is SHIPPED[0], "a tag is not its family"
    assert PriceList([NEW, *SHIPPED]).on("llama3.2:1b", TODAY) is NEW, "a family is its tags"
    assert PriceList([TAGGED, NEW]).on("llama3.2:1b", TODAY) is TAGGED, "among one's own the tag goes first"


def test_the_order_in_which_prices_are_read_does_not_matter() -> None:
    for prices in ([OLD, NEW, AGAIN, TAGGED], [TAGGED, AGAIN, NEW, OLD]):
        assert PriceList(prices).in_force(TODAY) == [AGAIN, TAGGED]
    assert (LIST.version, LIST.models) == (3, ["llama3.2", "llama3.2:1b"])


def test_each_day_s_tokens_have_that_day_s_price() -> None:
    days = {
        name: (date.fromisoformat(name) - date(1970, 1, 1)).days for name in ("2025-12-31", "2026-05-31", "2026-06-01")
    }
    free = {(day, "llama3.2:3b"): (1_000, 500) for day in days.values()}
    assert usd(shadow_costs(LIST, free)["llama3.2:3b"]) == pytest.approx(1_000 * (1 + 5) / 1e6 + 500 * (2 + 6) / 1e6)
    assert shadow_costs(LIST, {(days["2025-12-31"], "llama3.2"): (1, 1), (days["2026-06-01"], "other"): (1, 1)}) == {}
    assert shadow_costs(LIST, {(days["2026-06-01"], "llama3.2"): (0, 0)}) == {}
    held = {f"{days['2026-06-01']} llama3.2": [1_000_000, 0], f"{days['2026-06-01']} a model with spaces": [7, 7]}
    assert session_shadow_costs(LIST, held) == {"llama3.2": 5.0}


@pytest.mark.parametrize("begins", ["2025-06-01", "2026-01-01", "2026-05-31", "2026-11-24", "2026-11-25"])
def test_a_price_that_would_change_what_was_priced_is_refused_and_says_what_to_do(begins: str) -> None:
    ours = price("llama3.2", "2026-01-01", version=1)
    words = (
        "llama3.2 has had a price since 2026-01-01, by which its tokens are counted; "
        f"a price from {begins} would change what they cost. Save it from 2026-11-26 (tomorrow, UTC) or later."
    )
    assert rejection_reason(PriceList([OLD]), price("llama3.2", begins, 9, 9, 1), TODAY) == words
    earlier = begins == "2025-06-01"
    said = rejection_reason(PriceList([ours]), price("llama3.2", begins, 9, 9, 2), TODAY)
    assert said == (None if earlier else words), "the days before 2026 had no cost, the others keep theirs"


def test_a_tag_counts_by_its_family_s_price_and_may_not_be_repriced_either() -> None:
    held = PriceList([OLD])
    said = rejection_reason(held, price("llama3.2:1b", "2026-02-01", 9, 9, 1), TODAY)
    assert said is not None
    assert "llama3.2:1b has had a price since 2026-01-01 (that of llama3.2)" in said
    assert rejection_reason(held, price("llama3.2:1b", "2025-02-01", 9, 9, 1), TODAY) is not None, (
        "it would hold in 2026 too"
    )
    assert rejection_reason(held, price("llama3.2:1b", "2026-11-26", 9, 9, 1), TODAY) is None


@pytest.mark.parametrize("begins", ["2026-11-26", "2030-01-01"])
def test_from_tomorrow_on_a_price_may_be_anything(begins: str) -> None:
    assert rejection_reason(LIST, price("llama3.2", begins, 9, 9, 4), TODAY) is None


@pytest.mark.parametrize("begins", ["2020-01-01", "2026-11-24", "2026-11-25"])
def test_an_unknown_cost_may_become_known(begins: str) -> None:
    assert rejection_reason(LIST, price("qwen2.5", begins, 9, 9, 4), TODAY) is None
    ours = PriceList([price("qwen2.5:7b", "2026-01-01", version=1), price("qwen2.5", "2026-11-26", version=2)])
    assert rejection_reason(ours, price("qwen2.5", begins, 9, 9, 3), TODAY) is None, (
        "its tag keeps its price; tomorrow is not yet"
    )
    shipped = PriceList([price("qwen2.5:7b", "2026-01-01")])
    said = rejection_reason(shipped, price("qwen2.5", begins, 9, 9, 1), TODAY)
    assert said is not None, "it would hold for the tag too"
    assert said.startswith("qwen2.5:7b has had a price since 2026-01-01, by which its tokens are counted; a price from")


def test_whatever_may_be_saved_changes_no_day_that_had_a_price() -> None:
    names = ["a", "a:x", "a:y", "b"]
    dates = [date(2026, 11, 18) + timedelta(number) for number in range(10)]
    lists = [
        PriceList([price("a", "2026-11-20"), price("a:x", "2026-11-22", 3, 3, own), price("a", "2026-11-27", 4, 4, 1)])
        for own in (0, 1)
    ] + [PriceList([price("a:x", "2026-11-22", 3, 3), price("a:y", "2026-11-26", 3, 3)])]
    allowed = 0
    for held, name, begins in product(lists, names, dates):
        new = Price(name, begins, 7, 7, 2)
        more = PriceList([*held.prices, new])
        before = {(other, day): held.on(other, day) for other in names for day in dates if day <= TODAY}
        changes = any(found and more.on(*place) is not found for place, found in before.items())
        assert (rejection_reason(held, new, TODAY) is not None) == changes, (name, begins)
        allowed += not changes
    assert 0 < allowed < len(lists) * len(names) * len(dates)


@pytest.mark.parametrize(
    "wrong",
    [
        Price("", TODAY, 1, 1),
        Price(" a", TODAY, 1, 1),
        Price("a\n", TODAY, 1, 1),
        Price("a" * 201, TODAY, 1, 1),
        Price("a", TODAY, -1, 1),
        Price("a", TODAY, 1, 10**15 + 1),
        Price("a", TODAY, 1, 1, note="x" * 301),
    ],
)
def test_what_is_no_price_is_refused(wrong: Price) -> None:
    assert rejection_reason(LIST, wrong, TODAY)


def test_many_are_refused_together() -> None:
    fine = price("qwen2.5", "2026-01-01")
    validate_prices(LIST, [fine, price("qwen2.5", "2026-02-01")], TODAY)
    with pytest.raises(InvalidPrice, match="appears twice"):
        validate_prices(LIST, [fine, price("qwen2.5", "2026-01-01", 3)], TODAY)
    with pytest.raises(InvalidPrice, match=r"llama3\.2 has had a price"):
        validate_prices(LIST, [fine, price("llama3.2", "2026-09-01", version=4)], TODAY)


@pytest.mark.parametrize(
    ("text", "amount"), [("0", 0), ("0.05", 50_000_000), ("1e-9", 1), ("2", 2 * DOLLAR), ("1000000", 10**15)]
)
def test_amounts_are_whole_billionths(text: str, amount: int) -> None:
    assert nano(text) == amount
    assert nano(f"{per_million(amount):f}") == amount


@pytest.mark.parametrize("text", ["", "x", "-1", "NaN", "Infinity", "1e-10", "1000000.1", "1,5", "0x1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a price"):
        nano(text)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "no column completion"),
        ("model,valid_from,prompt\n", "no column completion"),
        ("# words\nmodel,valid_from,prompt,completion\na,2026-01-01,1,2\n\na,someday,1,2\n", "Line 5: "),
        ("model,valid_from,prompt,completion\na,2026-01-01,1\n", "Line 2: the number of cells differs"),
        ("model,valid_from,prompt,completion\na,2026-01-01,1,2,3\n", "Line 2: the number of cells differs"),
        ("model,valid_from,prompt,completion\na,2026-01-01,1,much\n", "Line 2: not a price: much"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_by_its_line(table: str, said: str) -> None:
    with pytest.raises(InvalidPrice, match=said):
        read(table.splitlines())


def test_the_shipped_prices_can_be_read_and_none_was_changed_since_they_were_shipped() -> None:
    shipped = store.shipped()
    assert len({(one.model, one.valid_from) for one in shipped}) == len(shipped) >= LISTED
    assert {one.version for one in shipped} == {0}
    assert not [one.model for one in shipped if rejection_reason(PriceList([]), one, TODAY)]
    first = [line for line in store.SHIPPED.read_text().splitlines() if not line.startswith("#")][: LISTED + 1]
    assert (
        sha256("\n".join(first).encode()).hexdigest()
        == "5cd0782a4baa5e9dc747ff08d4806967d748cf9622c229efbc16420ae726a402"
    )
    later = {name for one in shipped[LISTED:] for name in (one.model, one.model.partition(":")[0])}
    assert not later & {one.model for one in shipped[:LISTED]}, "a model's shipped prices never change: see the file"


# --- the table


@pytest.fixture
def _house() -> None:
    """Alice owns, Bob is staff, Dora looks after the rest."""
    for name, role in (("alice", "owner"), ("bob", "ops"), ("dora", "admin")):
        make_user(name, "long enough for everybody", role)


def entered(name: str) -> Client:
    client = Client()
    assert client.login(username=name, password="long enough for everybody")
    return client


def form(model: str, begins: date, prompt: str = "0.15", completion: str = "0.6") -> dict[str, str]:
    return {
        "model": model,
        "valid_from": begins.isoformat(),
        "prompt": prompt,
        "completion": completion,
        "note": "ours",
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("_house")
def test_an_administrator_saves_a_price_and_sees_what_changed() -> None:
    dora, tomorrow = entered("dora"), datetime.now(UTC).date() + timedelta(1)
    assert dora.post("/admin/stats/price/add/", form("llama3.2", tomorrow)).status_code == 302
    assert dora.post("/admin/stats/price/add/", form("llama3.2", tomorrow, "0.2")).status_code == 302
    rows = list(
        models.Price.objects.order_by("version").values_list("version", "prompt", "completion", "saved_by", "note")
    )
    assert rows == [(1, 150_000_000, 600_000_000, "dora", "ours"), (2, 200_000_000, 600_000_000, "dora", "ours")]
    held = store.price_list().on("llama3.2:latest", tomorrow)
    assert held is not None
    assert (held.version, held.prompt) == (2, 200_000_000)
    page = dora.get("/admin/stats/price/").content.decode()
    assert "Your prices (2)" in page
    assert "8b at Novita" in page, "the built-in prices"
    assert "0.2 / 0.6" in page
    assert "0.15 / 0.6" in page
    assert "0.03 / 0.05" in page, "what it stands instead of"


@pytest.mark.django_db
@pytest.mark.usefixtures("_house")
def test_the_list_of_prices_asks_as_much_for_fifty_rows_as_for_one() -> None:
    """Each row says what it stands instead of: the prices are read once for all rows, and once for the title."""
    dora, asked = entered("dora"), []
    for last in (1, 50):
        months = [f"2031-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(last)]
        store.save([price("many", begins, day + 1) for day, begins in enumerate(months)], "dora", DORA)
        with CaptureQueriesContext(connection) as found:
            page = dora.get("/admin/stats/price/").content.decode()
        asked.append(sum("stats_price" in one["sql"] for one in found.captured_queries))
    assert "50 prices" in page
    assert asked[0] == asked[1] <= 5
    store.save([price("many", "2031-01-05", 7)], "dora", DORA)
    assert "5 / 2" in dora.get("/admin/stats/price/").content.decode(), "what it stands instead of"
    last = models.Price.objects.get(valid_from="2031-01-05", prompt__gte=7 * 10**9)
    shown = dora.get(f"/admin/stats/price/{last.pk}/change/").content.decode()
    assert "5 / 2" in shown, "on its own page too"
    assert "Instead of" in shown


@pytest.mark.django_db
@pytest.mark.usefixtures("_house")
def test_an_administrator_is_told_why_a_price_is_refused() -> None:
    dora, today = entered("dora"), datetime.now(UTC).date()
    for data, said in (
        (form("llama3.2", today), "llama3.2 has had a price since 2024-01-01"),
        (form("llama3.2", today), f"Save it from {today + timedelta(1)} (tomorrow, UTC) or later."),
        (form("llama3.2", today, "0.03", "0.05") | {"valid_from": "2024-01-01"}, "The list already has this price."),
        (form("llama3.2", today, "-1"), "greater than or equal to 0"),
        (form("", today), "This field is required"),
    ):
        page = dora.post("/admin/stats/price/add/", data)
        assert page.status_code == 200
        assert said in page.content.decode()
    assert not models.Price.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("_house")
def test_nobody_changes_or_deletes_a_saved_price_and_only_administrators_see_it() -> None:
    dora, today = entered("dora"), datetime.now(UTC).date()
    dora.post("/admin/stats/price/add/", form("my-model", today))
    row = models.Price.objects.get()
    at = f"/admin/stats/price/{row.pk}"
    assert dora.get(f"{at}/change/").status_code == 200
    assert b'name="prompt"' not in dora.get(f"{at}/change/").content
    assert dora.post(f"{at}/change/", form("my-model", today, "9")).status_code == 403
    assert dora.post(f"{at}/delete/", {"post": "yes"}).status_code == 403
    deleting = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    dora.post("/admin/stats/price/", deleting)
    assert models.Price.objects.get().prompt == 150_000_000
    for name in ("alice", "bob"):
        assert entered(name).get("/admin/stats/price/").status_code == 302
        assert entered(name).post("/admin/stats/price/add/", form("other", today)).status_code == 302
    assert models.Price.objects.count() == 1


# --- the command


def said(*arguments: str) -> str:
    told = StringIO()
    call_command("prices", *arguments, stdout=told)
    return told.getvalue()


@pytest.mark.django_db
def test_the_command_lists_the_prices_in_force() -> None:
    models.Price.objects.create(
        model="my-model", valid_from=date(2026, 1, 1), prompt=10**8, completion=10**9, version=4
    )
    models.Price.objects.create(model="later", valid_from=date(2999, 1, 1), prompt=1, completion=1, version=5)
    lines = said().splitlines()
    assert [line.split()[:5] for line in lines if line.startswith("my-model")] == [
        ["my-model", "2026-01-01", "0.1", "1", "4"]
    ]
    assert not [line for line in lines if line.startswith("later")]
    assert lines[-1].startswith("version 5, ")


@pytest.mark.django_db
def test_what_was_exported_can_be_imported_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(1)
    store.save([Price("llama3.2", tomorrow, 1, 1)], "somebody", DORA)
    new = Price("new", date(2025, 1, 1), 3, 3, note='with "quotes", and a comma')
    store.save([Price("llama3.2", tomorrow, 2, 2), new], "x", DORA)
    shipped = (*store.shipped(), Price("new", date(2026, 1, 1), 4, 4))
    monkeypatch.setattr(store, "shipped", lambda: shipped)
    before = store.price_list()
    said("--export", str(tmp_path / "prices.csv"))
    assert "0 prices saved" in said("--import", str(tmp_path / "prices.csv"))
    assert store.price_list().prices == before.prices
    rows = csv.DictReader((tmp_path / "prices.csv").read_text().splitlines())
    assert [row["completion"] for row in rows if row["model"] == "new"] == ["0.000000003"]


@pytest.mark.django_db
def test_an_import_is_one_version_and_all_or_nothing(tmp_path: Path) -> None:
    tomorrow, file = datetime.now(UTC).date() + timedelta(1), tmp_path / "prices.csv"
    head = "model,valid_from,prompt,completion,note\n"
    file.write_text(f"{head}ours,2025-01-01,1,2,a\nours,2025-06-01,3,4,b\nllama3.2,{tomorrow - timedelta(1)},1,1,c\n")
    with pytest.raises(CommandError, match=r"llama3\.2 has had a price"):
        said("--import", str(file))
    assert not models.Price.objects.exists()
    file.write_text(f"{head}ours,2025-01-01,1,2,a\nours,2025-06-01,3,4,b\nllama3.2,{tomorrow},1,1,c\n")
    assert "version 1: 3 prices saved" in said("--import", str(file))
    assert set(models.Price.objects.values_list("version", flat=True)) == {1}
    assert "0 prices saved; 3 already there" in said("--import", str(file))
    for wrong in ("nowhere.csv", "."):
        with pytest.raises(CommandError):
            said("--import", str(tmp_path / wrong))


# --- two at once

BOTH = """
import threading, time
from datetime import date
from django.db import connections
from monitoring.db.transactions import transactional
from monitoring.stats import models
from monitoring.stats import prices as store
from monitoring.stats.price_list import InvalidPrice, Price
from monitoring.events.internal import Actor

DORA, began = Actor("user", key=1), threading.Event()

@transactional
def saved_slowly():
    store.save([Price("ours", date(2026, 1, 1), 1, 1)], "first", DORA)
    began.set()
    time.sleep(1)

def first():
    saved_slowly()
    connections.close_all()

def second(model):
    began.wait()
    try:
        store.save([Price(model, date(2026, 1, 1), 2, 2)], "second", DORA)
    except InvalidPrice:
        print("refused", model)
    connections.close_all()

threads = [threading.Thread(target=first), *(threading.Thread(target=second, args=[name]) for name in ("ours", "b"))]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sorted(models.Price.objects.values_list("model", "version")))
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mongodb"])
def test_of_two_who_save_at_once_the_second_makes_the_next_version(database: str, copy: Callable[..., Server]) -> None:
    said = copy(database).shell(BOTH)
    assert "refused ours" in said, "it sees what the first saved"
    assert "[('b', 2), ('ours', 1)]" in said
