"""What owners learn of how long others waited: on a session's timeline over REST and over sockets."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from running import Server, message, until
from test_sockets import frame, watching

NOW = datetime.now(UTC)
HIDDEN = {"typical": None, "limit": None, "score": None}


def answers(session: str, user: str, model: str, waits: list[float]) -> list[dict[str, Any]]:
    """Questions of one person, each answered by the model after so many seconds."""
    made = []
    for turn, wait in enumerate(waits):
        asked = NOW - timedelta(seconds=100 * (len(waits) - turn))
        made.append(message(session, f"{session}-q{turn}", "user", asked, user_id=user))
        made.append(message(session, f"{session}-a{turn}", "assistant", asked + timedelta(seconds=wait), model=model))
    return made


def crowd(model: str, sizes: list[int]) -> list[dict[str, Any]]:
    return [
        one
        for number, size in enumerate(sizes)
        for one in answers(f"{model}-of-{number}", f"{model}-person-{number}", model, [2.345] * size)
    ]


def outlier(server: Server, session: str, user: str) -> Any:
    """What is said of a session's newest answer; what is usual is looked up every ten seconds."""

    def found() -> Any:
        answer = server.page(f"/api/v1/sessions/{quote(session, safe='')}/timeline", user)
        assert answer.status == 200, answer.body
        return answer.json["messages"][-1]["outlier"]

    return until(found, 15, "an outlier")


async def test_an_owner_is_told_of_others_only_where_five_hide_each_other(either: Server) -> None:
    """Alice waited a minute for each of three models: one person is behind the first, six of whom one made most behind
    the second, six alike behind the third."""
    models = {"one": [40], "dominated": [40, 2, 2, 2, 2, 2], "shared": [8] * 6}
    for model, sizes in models.items():
        either.take(crowd(model, sizes) + answers(f"alice-{model}", "alice", model, [60.0]))
    told = {
        model: (outlier(either, f"alice-{model}", "bob"), outlier(either, f"alice-{model}", "alice"))
        for model in models
    }
    for staff, _ in told.values():
        assert 2.3 < staff["typical"] < 2.4 < staff["limit"] < 60
        assert "answers)" in staff["rule"]
    assert told["shared"][1] == told["shared"][0]
    for model in ("one", "dominated"):
        owner = told[model][1]
        assert owner == HIDDEN | {"rule": owner["rule"]}
        assert "answers)" not in owner["rule"]
        for user, position in (("bob", 0), ("alice", 1)):
            async with watching(either, user, f"session/alice-{model}") as line:
                snapshot = await frame(line)
                assert snapshot["messages"][-1]["outlier"] == told[model][position]
