"""A page names all its modules beforehand, so that a browser asks for them at once."""

from pathlib import Path

import pytest
from django.conf import settings

from monitoring.dashboard.script_imports import imports, needed
from monitoring.dashboard.templatetags.scripts import page_script

URL = settings.STATIC_URL
STATIC = Path(__file__).parents[2] / "static"
PAGES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.glob("js/pages/*.js"))


def test_imports_are_found_however_they_are_written() -> None:
    ways = [
        'import "./a.js";',
        'import { b } from "../b.js";',
        'import {\n  c,\n} from "./c.js";',
        'export { d } from "./d.js";',
    ]
    text = "\n".join([*ways, 'export const x = ".e";', 'const y = [from, "./f.js"];'])
    assert imports("js/pages/x.js", text) == ["js/pages/a.js", "js/b.js", "js/pages/c.js", "js/pages/d.js"]


def test_modules_that_need_each_other_are_named_once() -> None:
    texts = {"a.js": 'import "./b.js";\nimport "./c.js";', "b.js": 'import "./c.js";', "c.js": 'import "./a.js";'}
    assert needed("a.js", texts.__getitem__) == ["a.js", "b.js", "c.js"]


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_a_page_needs_is_asked_for_beforehand(page: str) -> None:
    html = page_script(page)
    for path in STATIC.glob("js/**/*.js"):
        name = path.relative_to(STATIC).as_posix()
        if f'"{URL}{name}"' in html:
            for line in path.read_text().splitlines():
                if line.startswith('import "') or (' from "' in line and "@import" not in line):
                    wanted = (path.parent / line.split('"')[1]).resolve().relative_to(STATIC).as_posix()
                    assert f'<link rel="modulepreload" href="{URL}{wanted}">' in html, f"{wanted}, of {name}"
    assert html.endswith(f'<script type="module" src="{URL}{page}"></script>')
