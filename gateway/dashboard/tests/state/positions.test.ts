import { expect, test } from "vitest";
import type { Position } from "../../src/api/types";
import { PositionStore, totalsOf } from "../../src/state/positions";

function held(symbol: string, change: Partial<Position> = {}): Position {
  return {
    portfolio_id: "demo",
    symbol,
    quantity: "1",
    base_currency: "USD",
    realized_pnl_base: "0.1",
    unrealized_pnl_base: "0.2",
    ...change,
  };
}

test("totals are exact sums in the base currency", () => {
  const totals = totalsOf([held("A"), held("B", { unrealized_pnl_base: "-0.3" })]);
  expect(totals).toEqual({ currency: "USD", realized: "0.2", unrealized: "-0.1", missing: [] });
});

test("a sum that misses a part is no sum, and the part is named", () => {
  const totals = totalsOf([held("A"), held("B", { unrealized_pnl_base: "" })]);
  expect(totals).toMatchObject({ realized: "0.2", unrealized: "", missing: ["B"] });
});

test("a flat position needs no mark", () => {
  expect(totalsOf([held("A", { quantity: "0", unrealized_pnl_base: "" })]).unrealized).toBe("0");
});

test("without positions nothing is known", () => {
  expect(totalsOf([])).toMatchObject({ realized: "", unrealized: "" });
});

test("a snapshot replaces what was known, and flat positions come last", () => {
  const store = new PositionStore();
  store.snapshot({ positions: [held("OLD")] });
  store.snapshot({ positions: [held("A", { quantity: "0" }), held("B")] });
  expect(store.all().map((position) => position.symbol)).toEqual(["B", "A"]);
});
