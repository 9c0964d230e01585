"""How a log line is written: on one line, whatever a client's words hold. Pure."""

import logging
import re

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters that end a line, steer a terminal, or turn the writing's direction."""
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
REFUSED = "django.security"
"""Django's loggers of requests that it refuses. What they say is whole without a traceback."""


def escaped(words: str) -> str:
    r"""The same with `\n`, `\x1b`, `\u2028` in the place of such characters."""
    return UNSEEN.sub(_escape, words)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return SHORT.get(found[0]) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


class LineFormatter(logging.Formatter):
    """One line a record; the lines of a traceback stand below it, each indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escaped(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        if not record.name.startswith(REFUSED):
            return super().format(record)
        kept = record.exc_info, record.exc_text
        record.exc_info = record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_info, record.exc_text = kept

    def formatException(self, ei: "logging._SysExcInfoType") -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def _indented(lines: str) -> str:
    return "\n".join(f"  {escaped(line)}" for line in lines.split("\n"))
