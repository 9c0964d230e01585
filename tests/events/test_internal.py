"""Changes of objects: each field that differs, with its old and new value."""

from monitoring.events.internal import difference


def test_only_fields_that_differ_are_named_in_order() -> None:
    before, after = {"b": 1, "a": "x", "same": [1]}, {"b": 2, "a": "y", "same": [1]}
    assert list(difference(before, after).items()) == [("a", ("x", "y")), ("b", (1, 2))]


def test_what_did_not_exist_and_what_exists_no_more_is_none() -> None:
    assert difference(None, {"a": 1, "empty": None}) == {"a": (None, 1)}
    assert difference({"a": 1}, None) == {"a": (1, None)}
    assert difference(None, None) == difference({"a": 1}, {"a": 1}) == {}
