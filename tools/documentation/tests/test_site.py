"""The built site has every page, leads nowhere else and loads nothing from other servers."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from vinculo.documentation.generated_pages import generated_pages
from vinculo.documentation.site import BuildError, all_pages, build_site, without_links_to_files
from vinculo.local.paths import ROOT

LOADING_ATTRIBUTES = {("link", "href"), ("script", "src"), ("img", "src"), ("iframe", "src")}


class Page(HTMLParser):
    """The ids, links and loaded files of an HTML page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if (tag, name) == ("a", "href") and value:
                self.links.append(value)
            if (tag, name) in LOADING_ATTRIBUTES and value:
                self.loaded.append(value)


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return generated_pages(ROOT)


@pytest.fixture(scope="module")
def site(generated: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(ROOT, tmp_path_factory.mktemp("documentation"), generated).parent


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    return {path: Page(path.read_text("utf-8")) for path in found}


def inner_links(path: Path, page: Page) -> Iterator[tuple[str, Path, str]]:
    """Each link to a file of the site: as written, the file, and the anchor."""
    for link in [*page.links, *page.loaded]:
        parts = urlsplit(link)
        if not parts.scheme:
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            yield link, file, unquote(parts.fragment)


def test_every_page_is_built(
    site: Path, pages: dict[Path, Page], generated: dict[str, str]
) -> None:
    expected = {site / f"{name.removesuffix('.md')}.html" for name in all_pages(ROOT, generated)}

    assert pages.keys() == expected


def test_every_link_has_a_target(pages: dict[Path, Page]) -> None:
    dead = [
        f"{path.name}: {link}"
        for path, page in pages.items()
        for link, file, anchor in inner_links(path, page)
        if not file.exists()
        or (anchor and anchor != "__skip" and file in pages and anchor not in pages[file].ids)
    ]

    assert dead == []


def test_nothing_is_loaded_from_another_server(site: Path, pages: dict[Path, Page]) -> None:
    remote = [
        f"{path.name}: {address}"
        for path, page in pages.items()
        for address in page.loaded
        if urlsplit(address).netloc
    ]
    styles = [path for path in site.rglob("*.css") if "url(http" in path.read_text("utf-8")]

    assert remote == []
    assert styles == []


def test_a_link_to_a_file_outside_the_pages_becomes_its_path() -> None:
    text = "[a list](../libs/a.py), [`a.py`](../libs/a.py), [here](other.md), [there](#x)"

    assert without_links_to_files(Path("docs/page.md"), text) == (
        "a list (`libs/a.py`), `libs/a.py`, [here](other.md), [there](#x)"
    )


def test_a_warning_of_the_builder_is_an_error(tmp_path: Path) -> None:
    docs = tmp_path / "root" / "docs"
    docs.mkdir(parents=True)
    (docs / "zensical.toml").write_text(
        'project.site_name = "X"\nproject.docs_dir = "pages"\nproject.nav = ["index.md"]\n'
    )
    (docs / "index.md").write_text("# Page\n\n[x](made.md)\n")

    with pytest.raises(BuildError, match="page does not exist"):
        build_site(tmp_path / "root", tmp_path / "out", generated={})

    pages = {"made.md": "# Made\n"}
    assert build_site(tmp_path / "root", tmp_path / "out", generated=pages).exists()


def test_a_list_is_not_shown_as_part_of_a_paragraph(pages: dict[Path, Page]) -> None:
    """A list needs an empty line before it, unless it follows a heading."""
    shown = []
    for path in pages:
        text = re.sub(r"<pre>.*?</pre>", "", path.read_text("utf-8"), flags=re.DOTALL)
        shown += [f"{path.name}: {line}" for line in text.splitlines() if line.startswith("- ")]

    assert shown == []
