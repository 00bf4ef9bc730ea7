"""The page in headless Chromium: what a trader sees and does with the mouse."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from .browser import Seen, page_at
from .running_platform import RunningPlatform
from .waiting import until

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def desk(market: RunningPlatform) -> Iterator[Seen]:
    """Yields the page, logged in through the link that `tickmesh up` printed."""
    with page_at(market.login_link) as seen:
        seen.page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield seen


@pytest.fixture
def page(desk: Seen) -> Page:
    return desk.page


def position_quantity(market: RunningPlatform, symbol: str) -> Decimal:
    with market.http() as http:
        answer = http.get("/api/v1/positions", params={"portfolio_id": "demo", "symbol": symbol}).json()
    return sum((Decimal(one["quantity"]) for one in answer["positions"]), Decimal(0))


def order_with_the_mouse(page: Page, side: str, quantity: str) -> None:
    """Writes a market order into the ticket and sends it through the confirmation."""
    page.get_by_test_id(f"ticket-side-{side}").click()
    page.get_by_test_id("ticket-type").select_option("MARKET")
    page.get_by_test_id("ticket-quantity").fill(quantity)
    page.get_by_test_id("ticket-submit").click()
    expect(page.get_by_test_id("confirm-order")).to_be_visible()
    page.get_by_test_id("confirm-send").click()


def test_the_link_logs_in_and_the_page_is_live(page: Page, market: RunningPlatform) -> None:
    expect(page.get_by_test_id("connection-state")).to_have_text("LIVE")
    assert "token" not in page.url
    expect(page.get_by_test_id("instrument-AAPL")).to_be_visible()
    expect(page.get_by_test_id("health-orders")).to_have_attribute("data-status", "SERVING")


def test_without_a_login_the_page_shows_no_data(market: RunningPlatform) -> None:
    assert httpx.get(f"{market.url}/api/v1/positions").status_code == 401


def test_a_click_shows_an_instrument_with_its_depth(page: Page) -> None:
    page.get_by_test_id("instrument-AAPL").click()
    expect(page.get_by_test_id("instrument-AAPL")).to_have_attribute("aria-selected", "true")
    expect(depth(page, "bid")).not_to_have_text("")
    expect(page.get_by_test_id("ticket-submit")).to_contain_text("AAPL")


def depth(page: Page, side: str) -> Locator:
    return page.locator(f"[data-testid^=depth-{side}]").first


def test_an_order_by_mouse_is_filled_and_changes_the_position(page: Page, market: RunningPlatform) -> None:
    page.get_by_test_id("instrument-AAPL").click()
    before = position_quantity(market, "AAPL")
    order_with_the_mouse(page, "BUY", "7")
    page.get_by_test_id("tab-history").click()
    newest = page.locator("[data-testid^=order-row-]").first
    expect(newest).to_have_attribute("data-status", "FILLED")
    expect(page.get_by_test_id("position-AAPL")).to_have_attribute("data-quantity", str(before + 7))
    until(lambda: position_quantity(market, "AAPL") == before + 7)


def test_the_kill_switch_halts_and_lets_go(page: Page, market: RunningPlatform) -> None:
    page.get_by_test_id("kill-switch").click()
    page.get_by_test_id("kill-scope-PORTFOLIO").check()
    page.get_by_test_id("kill-comment").fill("a test of the brakes")
    page.get_by_test_id("kill-confirm-input").fill("demo")
    page.get_by_test_id("kill-confirm").click()
    expect(page.get_by_test_id("halted-PORTFOLIO")).to_have_attribute("data-state", "HALTED")
    refused = market.run("order", "buy", "AAPL", "1")
    assert refused.returncode == 1
    assert "HALTED" in refused.stdout + refused.stderr
    page.get_by_test_id("activate-PORTFOLIO").click()
    page.get_by_test_id("activate-confirm").click()
    expect(page.get_by_test_id("halted-PORTFOLIO")).to_have_count(0)
    assert market.run("order", "buy", "AAPL", "1").returncode == 0


def test_nothing_went_wrong_on_the_way(desk: Seen, tmp_path: Path) -> None:
    picture = tmp_path / "dark.png"
    desk.page.screenshot(path=picture)
    print(picture)
    assert desk.errors == []


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_page_draws_in_light_and_dark(
    market: RunningPlatform, tmp_path: Path, color_scheme: str, desk: Seen
) -> None:
    page = desk.page
    page.emulate_media(color_scheme=color_scheme)  # type: ignore[arg-type]
    page.reload()
    expect(page.get_by_test_id("connection-state")).to_have_text("LIVE")
    page.screenshot(path=tmp_path / f"{color_scheme}.png")
    red, green, blue = background(page)
    assert (red + green + blue > 3 * 128) == (color_scheme == "light")
    assert desk.errors == []


def background(page: Page) -> tuple[int, int, int]:
    script = "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)"
    red, green, blue = page.evaluate(script)
    return red, green, blue
