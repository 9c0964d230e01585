"""Settings as they were given, read without a traceback: what cannot be read is a sentence, and its default holds until
the check has said so."""

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
SHORT_NAME = 8
"""Letters."""
SIMILARITY = 0.87
"""From 0 to 1, as difflib measures it: a missing, added or wrong letter or two."""


class Environment:
    """One method for each kind of value; `NAME_FILE` names a file that holds it. `troubles`: the sentences so far;
    `names`: the settings that were asked for; `values`: (name, value, whether it was given) of each."""

    def __init__(self) -> None:
        self._given = FileAwareEnv.ENVIRON
        self.troubles: Words = []
        self.names: Words = []
        self.values: Values = []

    def misspelt(self) -> dict[Text, Text]:
        """Names that are given and nearly those of a setting, each with that setting's. Short names are like too
        many others."""
        known = [name for name in self.names if len(name) > SHORT_NAME]
        given = [name for name in os.environ if name.removesuffix("_FILE") not in self.names]
        found = {name: get_close_matches(name.removesuffix("_FILE"), known, 1, SIMILARITY) for name in given}
        return {name: matches[0] for name, matches in found.items() if matches}

    def str(self, name: Text, default: Text) -> Text:
        return self._read(name, default, lambda text: text, "a text")

    def int(self, name: Text, default: Whole) -> Whole:
        return self._read(name, default, Whole, "a whole number")

    def float(self, name: Text, default: Number) -> Number:
        return self._read(name, default, Number, "a number")

    def bool(self, name: Text, default: Switch) -> Switch:
        return self._read(name, default, _switch, "true or false")

    def list(self, name: Text, default: Words) -> Words:
        """Words between commas."""
        return self._read(name, default, _words, "words between commas")

    def one_of(self, name: Text, words: tuple[Text, ...], default: Text) -> Text:
        """One of these words, written large or small."""

        def read(text: Text) -> Text:
            if text.strip().upper() not in words:
                raise ValueError(text)
            return text.strip().upper()

        return self._read(name, default, read, f"one of {', '.join(words)}")

    def _read(self, name: Text, default: T, read: Callable[[Text], T], kind: Text) -> T:
        value, given = self._value(name, default, read, kind)
        self.values.append((name, value, given))
        return value

    def _value(self, name: Text, default: T, read: Callable[[Text], T], kind: Text) -> tuple[T, Switch]:
        """The value, and whether it was given."""
        self.names.append(name)
        try:
            text = self._given[name]
        except KeyError:
            return default, False
        except (OSError, UnicodeDecodeError) as error:
            self.troubles.append(f"{name}_FILE cannot be read: {error}")
            return default, False
        try:
            return read(text), True
        except ValueError:
            given = f"is {text[:60]!r}" if text.strip() else "is empty"
            self.troubles.append(f"{name} {given}, and must be {kind}; where it is not set, it is {default}")
            return default, False


def _switch(text: Text) -> Switch:
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(text)
    return word in TRUE


def _words(text: Text) -> Words:
    return [word.strip() for word in text.split(",") if word.strip()]
