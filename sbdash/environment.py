"""Parses settings from the environment. An invalid value becomes an error message for the system checks, and the
default applies until they run."""

import os
from collections.abc import Callable
from difflib import get_close_matches
from typing import TypeAlias, TypeVar

from environ import FileAwareEnv

T = TypeVar("T")
Text: TypeAlias = str
Whole: TypeAlias = int
Number: TypeAlias = float
Switch: TypeAlias = bool
Words: TypeAlias = list[str]
Values: TypeAlias = list[tuple[str, object, bool]]
TRUE, FALSE = {"true", "yes", "on", "1", "y", "ok"}, {"false", "no", "off", "0", "n", ""}
MAX_SHORT_NAME = 8
"""Characters: shorter names resemble too many others, and are not compared."""
MIN_SIMILARITY = 0.87
"""difflib's ratio, from 0 to 1: allows for one or two missing, added or wrong letters."""


class Environment:
    """Has a method for each type of value. A variable `NAME_FILE` names a file with the value. `errors`: the messages
    so far; `values`: (name, value, whether it was given) of each setting that was read."""

    def __init__(self) -> None:
        self._given = FileAwareEnv.ENVIRON
        self.errors: Words = []
        self.values: Values = []

    def misspelt(self) -> dict[Text, Text]:
        """Unknown names in the environment that resemble a setting's, each with the setting's name."""
        names = [name for name, _, _ in self.values]
        known = [name for name in names if len(name) > MAX_SHORT_NAME]
        unknown = [name for name in os.environ if name.removesuffix("_FILE") not in names]
        matches = {name: get_close_matches(name.removesuffix("_FILE"), known, 1, MIN_SIMILARITY) for name in unknown}
        return {name: similar[0] for name, similar in matches.items() if similar}

    def str(self, name: Text, default: Text) -> Text:
        return self._read(name, default, lambda text: text, "a text")

    def int(self, name: Text, default: Whole) -> Whole:
        return self._read(name, default, Whole, "a whole number")

    def float(self, name: Text, default: Number) -> Number:
        return self._read(name, default, Number, "a number")

    def bool(self, name: Text, default: Switch) -> Switch:
        return self._read(name, default, _switch, "true or false")

    def list(self, name: Text, default: Words) -> Words:
        """Values separated by commas."""
        return self._read(name, default, _items, "values separated by commas")

    def one_of(self, name: Text, words: tuple[Text, ...], default: Text) -> Text:
        """One of these words, in any case; returned in upper case."""

        def read(text: Text) -> Text:
            if text.strip().upper() not in words:
                raise ValueError(text)
            return text.strip().upper()

        return self._read(name, default, read, f"one of {', '.join(words)}")

    def _read(self, name: Text, default: T, read: Callable[[Text], T], kind: Text) -> T:
        value, given, text = default, False, ""
        try:
            text = self._given[name]
            value, given = read(text), True
        except KeyError:
            pass
        except (OSError, UnicodeDecodeError) as error:
            self.errors.append(f"{name}_FILE cannot be read: {error}")
        except ValueError:
            shown = f"is {text[:60]!r}" if text.strip() else "is empty"
            self.errors.append(f"{name} {shown}, and must be {kind}; the default is {default}")
        self.values.append((name, value, given))
        return value


def _switch(text: Text) -> Switch:
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(text)
    return word in TRUE


def _items(text: Text) -> Words:
    return [item.strip() for item in text.split(",") if item.strip()]
