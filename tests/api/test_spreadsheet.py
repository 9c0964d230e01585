"""Files that people open in a spreadsheet run nothing there."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Server, message

from monitoring.events.redaction import looks_personal
from monitoring.stats.sessions.spreadsheet import csv_text, defused

HARMFUL = [
    "=1+1", " =1+1", "\uff1d1+1", "\ufeff=1+1", "\u00a0+1", "x;=1+1", "x; \uff0b1", "x,@y", "-x", "x|\u200b=1",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMFUL)
def test_what_would_run_has_an_apostrophe_before_it(text: str) -> None:
    assert len(defused(text)) == len(text) + 1
    assert defused(text).replace("'", "") == text


@given(st.text(st.sampled_from("=+-@\uff1d\ufe63;, \t\r\n\u200bx1'"), max_size=12))
def test_however_a_file_is_parted_no_cell_begins_a_formula(text: str) -> None:
    for sign in ",;\t|":
        for line in csv_text([[text, text]]).replace('"', "").splitlines():
            for cell in line.split(sign):
                seen = unicodedata.normalize("NFKC", cell).strip("\u200b \t")
                assert not seen or seen[0] not in "=+-@", (text, cell)


def test_texts_are_quoted_and_numbers_are_not() -> None:
    assert csv_text([["a", -2.5, None, "x;y", '"']]) == '"a",-2.5,"","x;y",""""\r\n'


def test_the_list_as_a_file_is_harmless(server: Server) -> None:
    ids = [f"{text}-{n}" for n, text in enumerate(HARMFUL) if not looks_personal(text)]
    assert len(ids) >= 4
    server.take(message(name, f"{name} m", "user", user_id="alice") for name in ids)
    answer = server.page("/api/v1/sessions.csv", "alice").body.decode()
    assert {defused(name) for name in ids} <= {line[0] for line in csv.reader(io.StringIO(answer))}
    assert all(line.startswith('"') for line in answer.removesuffix("\r\n").split("\r\n"))
