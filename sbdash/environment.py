"""Settings as they were given, read without a traceback: what cannot be read is a sentence, and its default holds until
the check has said so."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from environ import FileAwareEnv

T = TypeVar("T")
Text: TypeAlias = str
Whole: TypeAlias = int
Number: TypeAlias = float
Switch: TypeAlias = bool
Words: TypeAlias = list[str]
TRUE, FALSE = {"true", "yes", "on", "1", "y", "ok"}, {"false", "no", "off", "0", "n", ""}


class Environment:
    """One method for each kind of value; `NAME_FILE` names a file that holds it. `troubles`: the sentences so far."""

    def __init__(self) -> None:
        self._given = FileAwareEnv.ENVIRON
        self.troubles: Words = []

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
        try:
            text = self._given[name]
        except KeyError:
            return default
        except (OSError, UnicodeDecodeError) as error:
            self.troubles.append(f"{name}_FILE cannot be read: {error}")
            return default
        try:
            return read(text)
        except ValueError:
            given = f"is {text[:60]!r}" if text.strip() else "is empty"
            self.troubles.append(f"{name} {given}, and must be {kind}; where it is not set, it is {default}")
            return default


def _switch(text: Text) -> Switch:
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(text)
    return word in TRUE


def _words(text: Text) -> Words:
    return [word.strip() for word in text.split(",") if word.strip()]
