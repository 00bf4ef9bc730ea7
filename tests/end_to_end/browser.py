"""Headless Chromium on the page, and what it complained about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def binary() -> str:
    """Returns where Chromium is. Fails when it is nowhere: a page that was not seen was not tested."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.fail("no Chromium here; `make browser` or `apt-get install chromium` brings it", pytrace=False)


@dataclass
class Seen:
    """A page, and every error that it wrote to its console."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def by(self, test_id: str) -> object:
        return self.page.get_by_test_id(test_id)


@contextmanager
def page_at(url: str, color_scheme: str = "dark") -> Iterator[Seen]:
    """Opens a page of the size of a laptop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary(), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=color_scheme)  # type: ignore[arg-type]
            seen = Seen(page)
            page.on("console", lambda message: _note(seen, message))
            page.on("pageerror", lambda error: seen.errors.append(str(error)))
            page.goto(url)
            yield seen
        finally:
            browser.close()


def _note(seen: Seen, message: ConsoleMessage) -> None:
    if message.type == "error":
        seen.errors.append(f"{message.text} {message.location.get('url', '')}")
