"""Pages of the documentation in the product: headings have anchors, and each link leads to one."""

import re
from pathlib import Path

import pytest

from monitoring.dashboard.documentation import page

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(path.stem for path in DOCS.glob("*.md"))


def anchors(name: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', page(DOCS / f"{name}.md")[1]))


@pytest.mark.parametrize("name", PAGES)
def test_each_link_between_pages_leads_to_a_heading(name: str) -> None:
    title, html = page(DOCS / f"{name}.md")
    assert title
    assert "<h1" not in html
    for to, anchor in re.findall(r'href="(?!https?:)(?:/docs/([a-z-]+)/)?(?:#([^"]*))?"', html):
        assert to == "" or to in PAGES
        assert not anchor or anchor in anchors(to or name), (to, anchor)
    assert not re.search(r'href="[^"]*\.md', html)


def test_a_fence_a_table_and_a_link_are_html(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Title\nSee [b](b.md#c), [up](../C.md).\n\n## Receivers\n| a |\n| --- |\n| `<x>` |\n")
    title, html = page(path)
    assert title == "Title"
    assert 'See <a href="/docs/b/#c">b</a>, up.' in html
    assert '<h2 id="receivers">' in html
    assert "<code>&lt;x&gt;</code></td>" in html
