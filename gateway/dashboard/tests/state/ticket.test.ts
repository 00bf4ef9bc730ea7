import { describe, expect, test } from "vitest";
import type { Instrument } from "../../src/api/types";
import {
  changed,
  type Draft,
  EMPTY_DRAFT,
  notionalOf,
  OrderName,
  problemsOf,
  requestOf,
  stepped,
} from "../../src/state/ticket";

const APPLE: Instrument = {
  symbol: "AAPL",
  name: "Apple Inc.",
  asset_type: "STOCK",
  currency: "USD",
  price_increment: "0.01",
  quantity_increment: "1",
};

function aDraft(change: Partial<Draft> = {}): Draft {
  return { ...EMPTY_DRAFT, quantity: "100", price: "189.20", ...change };
}

describe("a draft", () => {
  test("that becomes a market order is IOC, and DAY again as a limit order", () => {
    const market = changed(aDraft({ timeInForce: "GTC" }), { orderType: "MARKET" });
    expect(market.timeInForce).toBe("IOC");
    expect(changed(market, { orderType: "LIMIT" }).timeInForce).toBe("DAY");
  });

  test("that cannot rest is not post-only", () => {
    const resting = changed(aDraft(), { postOnly: true });
    expect(resting.postOnly).toBe(true);
    expect(changed(resting, { timeInForce: "IOC" }).postOnly).toBe(false);
  });
});

describe("problems", () => {
  test("a price between two steps is refused with the prices that would do", () => {
    const [problem] = problemsOf(aDraft({ price: "189.205" }), APPLE);
    expect(problem).toEqual({ field: "price", message: "Moves in steps of 0.01: 189.20 or 189.21 would do." });
  });

  test.each(["", "0", "-5", "1e3", "1,000", "abc"])("the quantity %s is refused", (quantity) => {
    expect(problemsOf(aDraft({ quantity }), APPLE).map((item) => item.field)).toEqual(["quantity"]);
  });

  test("the price of a market order is not looked at", () => {
    expect(problemsOf(aDraft({ orderType: "MARKET", price: "?" }), APPLE)).toEqual([]);
  });
});

describe("notional", () => {
  test("is price times quantity times multiplier, exact", () => {
    const bond = { ...APPLE, multiplier: "0.01" };
    expect(notionalOf(aDraft({ price: "99.453125", quantity: "1000" }), bond, undefined)?.value).toBe("994.53125000");
  });

  test("of a market order is an estimate at the other side's best price", () => {
    const quote = { symbol: "AAPL", bid_price: "10", ask_price: "11" };
    expect(notionalOf(aDraft({ orderType: "MARKET" }), APPLE, quote)).toEqual({ value: "1100", isEstimate: true });
  });

  test("is unknown while a part is missing", () => {
    expect(notionalOf(aDraft({ quantity: "" }), APPLE, undefined)).toBeNull();
  });
});

test("the request holds the draft's own text, and no price for a market order", () => {
  expect(requestOf(aDraft({ price: " 189.2 " }), "demo", "AAPL", "id-1")).toEqual({
    client_order_id: "id-1",
    portfolio_id: "demo",
    symbol: "AAPL",
    side: "BUY",
    order_type: "LIMIT",
    quantity: "100",
    price: "189.2",
    time_in_force: "DAY",
  });
  expect(requestOf(aDraft({ orderType: "MARKET", timeInForce: "IOC" }), "demo", "AAPL", "id-1")).not.toHaveProperty(
    "price",
  );
});

test("an arrow in an empty price starts at the best price", () => {
  expect(stepped("", "0.01", 1, "189.19")).toBe("189.19");
  expect(stepped("189.19", "0.01", 10)).toBe("189.29");
  expect(stepped("", "0.001", 1)).toBe("0.001");
});

describe("the name of an order", () => {
  const names = (): OrderName => {
    let count = 0;
    return new OrderName(() => `id-${++count}`);
  };

  test("stays when the same order is sent again without an answer", () => {
    const name = names();
    expect([name.nameOf(aDraft(), "demo", "AAPL"), name.nameOf(aDraft(), "demo", "AAPL")]).toEqual(["id-1", "id-1"]);
  });

  test("is new for any other order", () => {
    const name = names();
    name.nameOf(aDraft(), "demo", "AAPL");
    expect(name.nameOf(aDraft({ price: "189.21" }), "demo", "AAPL")).toBe("id-2");
    expect(name.nameOf(aDraft({ price: "189.21" }), "other", "AAPL")).toBe("id-3");
  });

  test("is new once the server has decided", () => {
    const name = names();
    name.nameOf(aDraft(), "demo", "AAPL");
    name.settled();
    expect(name.nameOf(aDraft(), "demo", "AAPL")).toBe("id-2");
  });
});
