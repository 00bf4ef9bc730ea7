"""Takes the README's picture of the page from a running platform.

    tickmesh up &
    python docs/images/make_page_picture.py "$(tickmesh token --link)"

Let the market run for a minute first, so that the chart has something to show. A few orders of the
portfolio "demo" are sent through the page's own login, so that its blotter and positions are not empty.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).with_name("page.png")
SIZE = {"width": 1440, "height": 900}
MARKET_ORDERS = (
    ("AAPL", "BUY", "120"),
    ("MSFT", "SELL", "40"),
    ("EURUSD", "BUY", "50000"),
    ("BTC-USD", "BUY", "0.4"),
)
SEND = """order => fetch("/api/v1/orders", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(order),
}).then(answer => answer.json())"""


def send_orders(page: Page) -> None:
    """Sends market orders, and one that rests below the market."""
    for symbol, side, quantity in MARKET_ORDERS:
        order = {"portfolio_id": "demo", "symbol": symbol, "side": side, "quantity": quantity}
        name = f"picture-{symbol}-{page.evaluate('Date.now()')}"
        print(page.evaluate(SEND, {**order, "client_order_id": name, "order_type": "MARKET"}))
    bid = page.evaluate("fetch('/api/v1/quotes/AAPL').then(answer => answer.json())")["bid_price"]
    price = f"{float(bid) * 0.999:.2f}"
    resting = {
        "portfolio_id": "demo",
        "symbol": "AAPL",
        "side": "BUY",
        "quantity": "50",
        "order_type": "LIMIT",
    }
    name = f"picture-resting-{page.evaluate('Date.now()')}"
    print(page.evaluate(SEND, {**resting, "client_order_id": name, "price": price, "time_in_force": "GTC"}))


def main(link: str) -> None:
    """Logs in, sends the orders, chooses an instrument and takes the picture."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="dark")  # type: ignore[arg-type]
        page.goto(link)
        page.locator(".connection[data-state=LIVE]").wait_for()
        send_orders(page)
        page.get_by_test_id("instrument-AAPL").click()
        page.get_by_test_id("interval-SECOND_1").click()
        page.get_by_test_id("ticket-quantity").fill("100")
        page.get_by_test_id("tab-history").click()
        page.wait_for_timeout(4_000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
