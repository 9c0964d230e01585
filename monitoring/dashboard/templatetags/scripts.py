"""Template tags for a page's scripts."""

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
    """A page's module, and preload links for all that it imports; without them the browser loads one level at a
    time."""
    modules = ((static(module),) for module in needed(path, _text))
    links = format_html_join("\n", '<link rel="modulepreload" href="{}">', modules)
    return format_html('{}\n<script type="module" src="{}"></script>', links, static(path))


def _text(path: str) -> str:
    file = finders.find(path)
    if not isinstance(file, str):
        raise LookupError(f"there is no static file {path}")
    return Path(file).read_text()
