"""How a page asks for its scripts."""

from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitoring.dashboard.script_imports import needed

register = template.Library()


@register.simple_tag
@lru_cache
def page_script(path: str) -> SafeString:
    """A page's module, and beforehand all that it imports: else the browser learns of them one level at a time."""
    beforehand = ((static(each),) for each in needed(path, _text))
    links = format_html_join("\n", '<link rel="modulepreload" href="{}">', beforehand)
    return format_html('{}\n<script type="module" src="{}"></script>', links, static(path))


def _text(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        raise LookupError(f"there is no static file {path}")
    return Path(found).read_text()
