"""The page of figures: what is measured anew replaces what was there, the rest stays."""

import re
from pathlib import Path

import pytest

from tests.benchmarks.page import HEAD, Page

TABLE = "| a |\n|---|\n| {} |\n"


def section(heading: str, figure: int) -> str:
    return f"{heading}\n\n{TABLE.format(figure)}"


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path / "benchmarks.md")


def shown(page: Page) -> list[str]:
    """Returns headings and figures in their order."""
    return re.findall(r"^##.*|^[|] [0-9]+ [|]", page._path.read_text(), flags=re.MULTILINE)


def test_a_section_that_is_measured_again_stays_where_it_is(page: Page) -> None:
    page.put(section("## One", 1))
    page.put(section("## Two", 2))
    page.put(section("## One", 3))
    assert shown(page) == ["## One", "| 3 |", "## Two", "| 2 |"]


def test_a_part_goes_behind_the_other_parts_of_its_section(page: Page) -> None:
    page.put("## Path\n\nHow.\n\n" + section("### Rates", 1))
    page.put(section("## Other", 2))
    page.put("## Path\n\nHow else.\n\n" + section("### Latency", 3))
    assert shown(page) == ["## Path", "### Rates", "| 1 |", "### Latency", "| 3 |", "## Other", "| 2 |"]
    assert "How else." in page._path.read_text()


def test_each_section_with_figures_says_once_when_it_was_measured(page: Page) -> None:
    for _ in range(2):
        page.put("## Path\n\nHow.\n\n" + section("### Rates", 1))
    text = page._path.read_text()
    assert text.count("Measured on ") == 1
    assert text.startswith(HEAD)


def test_a_page_that_is_read_again_is_written_as_it_was(page: Page) -> None:
    page.put("## Path\n\nHow.\n\n" + section("### Rates", 1) + "\n" + section("## Other", 2))
    before = page._path.read_text()
    Page(page._path).put(section("## Other", 2))
    assert page._path.read_text() == before
