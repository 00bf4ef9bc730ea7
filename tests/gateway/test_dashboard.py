"""What the page promises before it is built: it asks its own gateway alone, under a strict policy."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "gateway" / "dashboard"
SOURCES = [path for path in (PAGE / "src").rglob("*") if path.suffix in (".ts", ".tsx", ".css")]
ADDRESS = re.compile(r"https?://[^\"'\s<]+")

# A link that a reader may follow; the licence of the chart library asks for it.
CREDIT = "https://www.tradingview.com/"


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((PAGE / "package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    assert not [name for name, entry in packages.items() if "resolved" in entry]


def test_every_dependency_is_pinned_to_one_version() -> None:
    package = json.loads((PAGE / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert not [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]


def test_the_page_has_no_inline_script_and_no_inline_style() -> None:
    html = (PAGE / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert "<style" not in html
    assert " style=" not in html


def test_the_page_loads_nothing_from_elsewhere() -> None:
    assert len(SOURCES) > 50
    found = {match for path in SOURCES for match in ADDRESS.findall(path.read_text())}
    assert found == {CREDIT}
    assert ADDRESS.findall((PAGE / "index.html").read_text()) == []


def test_the_page_never_makes_code_or_markup_from_text() -> None:
    banned = re.compile(r"\beval\(|new Function|innerHTML|outerHTML|document\.write|dangerouslySetInnerHTML")
    assert [path.name for path in SOURCES if banned.search(path.read_text())] == []
