"""Static files: their address follows their content, they are compressed once, and browsers keep them."""

import gzip
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from running import Server

from sbdash.finders import all_files
from sbdash.static_files import KEPT, build, digest

PLOTLY = f"{settings.STATIC_URL}plotly/plotly.min.js"
MODULE = f"{settings.STATIC_URL}js/pages/overview.js"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def build_of(source: Path, target: Path) -> dict[str, bytes]:
    build([(path.name, path) for path in source.iterdir()], target)
    return {path.name: path.read_bytes() for path in target.iterdir()}


def test_the_address_changes_with_any_content_or_name(tmp_path: Path) -> None:
    folder = write(tmp_path / "static", a="1", b="2")
    found = {digest(folder), digest(write(folder, a="2")), digest(write(folder, c="3"))}
    (folder / "c.js").rename(folder / "d.js")
    assert len(found | {digest(folder)}) == 4
    assert digest(folder) == digest(folder)


def test_a_build_has_each_file_with_its_brotli_and_gzip(tmp_path: Path) -> None:
    text = "const words = 1;\n" * 100
    built = build_of(write(tmp_path / "static", large=text, small="1"), tmp_path / "built" / "one")
    assert sorted(built) == ["large.js", "large.js.br", "large.js.gz", "small.js"]
    assert brotli.decompress(built["large.js.br"]) == gzip.decompress(built["large.js.gz"]) == text.encode()


def test_a_later_build_has_what_changed_and_takes_over_the_rest(tmp_path: Path) -> None:
    source, home = write(tmp_path / "static", a="a" * 900, b="b" * 900), tmp_path / "built"
    build_of(source, home / "one")
    built = build_of(write(source, a="c" * 900), home / "two")
    assert brotli.decompress(built["a.js.br"]) == b"c" * 900
    assert (home / "one" / "b.js.br").samefile(home / "two" / "b.js.br")
    assert (home / "one" / "a.js").read_text() == "a" * 900, "a server that runs keeps its own"
    for number in range(5):
        build_of(write(source, a=str(number) * 900), home / f"more-{number}")
    assert len(list(home.iterdir())) == KEPT


def test_of_plotly_s_package_only_the_script_is_served() -> None:
    assert isinstance(finders.find("plotly/plotly.min.js"), str)
    assert len(finders.find("plotly/plotly.min.js", find_all=True)) == 1
    assert finders.find("plotly/widgetbundle.js") is None
    assert [name for name, _ in all_files() if name.startswith("plotly/")] == ["plotly/plotly.min.js"]


@pytest.mark.parametrize("path", [PLOTLY, MODULE])
def test_a_browser_gets_it_small_and_keeps_it(server: Server, path: str) -> None:
    raw = server.call("GET", path)
    for name, opened in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        answer = server.call("GET", path, headers={"Accept-Encoding": name})
        assert answer.headers["Content-Encoding"] == name
        assert "immutable" in answer.headers["Cache-Control"]
        assert opened(answer.body) == raw.body
        assert len(answer.body) < 0.5 * len(raw.body)
    assert server.call("GET", path.replace(settings.STATIC_DIGEST, "0" * 12)).status in (302, 404)
