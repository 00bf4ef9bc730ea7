import { expect, test } from "vitest";
import type { BookLevel } from "../../src/api/types";
import { cumulative, LevelBook, spreadOf } from "../../src/state/level-book";

function levels(...pairs: [string, string][]): BookLevel[] {
  return pairs.map(([price, quantity]) => ({ price, quantity, order_count: 1 }));
}

function aBook(): LevelBook {
  const book = new LevelBook();
  book.replace({
    symbol: "AAPL",
    bids: levels(["9.98", "5"], ["9.99", "7"]),
    asks: levels(["10.01", "3"], ["10.00", "2"]),
  });
  return book;
}

function prices(book: LevelBook, side: "BUY" | "SELL"): string[] {
  return book.levels(side).map((level) => level.price);
}

test("the best level comes first on both sides", () => {
  expect(prices(aBook(), "BUY")).toEqual(["9.99", "9.98"]);
  expect(prices(aBook(), "SELL")).toEqual(["10.00", "10.01"]);
});

test("an update changes, adds and removes levels", () => {
  const book = aBook();
  book.merge({ symbol: "AAPL", bids: levels(["9.99", "0"], ["9.97", "4"], ["9.98", "6"]) });
  expect(book.levels("BUY").map((level) => [level.price, level.quantity])).toEqual([
    ["9.98", "6"],
    ["9.97", "4"],
  ]);
  expect(prices(book, "SELL")).toEqual(["10.00", "10.01"]);
});

test("the same price with other zeros is the same level", () => {
  const book = aBook();
  book.merge({ symbol: "AAPL", asks: levels(["10", "0.00"]) });
  expect(prices(book, "SELL")).toEqual(["10.01"]);
});

test("a snapshot replaces everything known before", () => {
  const book = aBook();
  book.replace({ symbol: "AAPL", asks: levels(["11", "1"]) });
  expect(prices(book, "BUY")).toEqual([]);
  expect(prices(book, "SELL")).toEqual(["11"]);
});

test("prices that doubles cannot tell apart are still in order", () => {
  const book = new LevelBook();
  book.replace({ symbol: "X", bids: levels(["9007199254740992.1", "1"], ["9007199254740992.2", "1"]) });
  expect(prices(book, "BUY")[0]).toBe("9007199254740992.2");
});

test("totals run from the touch outwards", () => {
  expect(cumulative(aBook().levels("BUY"), 5)).toEqual([7, 12]);
});

test("spread and mid are exact, and absent when a side is empty", () => {
  expect(spreadOf(aBook())).toEqual({ spread: "0.01", mid: "9.995" });
  expect(spreadOf(new LevelBook())).toBeNull();
});
