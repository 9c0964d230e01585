"""Formats log records on one line each, whatever characters a client has sent. Pure."""

import logging
import re

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters that end a line, control a terminal, or change the text's direction."""
ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
SECURITY_LOGGERS = "django.security"
"""Django's loggers of rejected requests. Their messages need no traceback."""


def escaped(words: str) -> str:
    r"""The text with escapes such as `\n`, `\x1b`, `\u2028` for control characters."""
    return CONTROL_CHARACTERS.sub(_escape, words)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return ESCAPES.get(match[0]) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


class LineFormatter(logging.Formatter):
    """One line per record. The lines of a traceback follow, each indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escaped(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        if not record.name.startswith(SECURITY_LOGGERS):
            return super().format(record)
        original = record.exc_info, record.exc_text
        record.exc_info = record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_info, record.exc_text = original

    def formatException(self, ei: "logging._SysExcInfoType") -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def _indented(lines: str) -> str:
    return "\n".join(f"  {escaped(line)}" for line in lines.split("\n"))
