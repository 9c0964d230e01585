"""A template filter for descriptions."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_QUOTED = re.compile(r"`([^`]+)`")


@register.filter
def code_words(text: str) -> SafeString:
    """Returns the text with words between backticks as `code` elements."""
    return mark_safe(_QUOTED.sub(r"<code>\1</code>", escape(text)))  # noqa: S308  escaped
