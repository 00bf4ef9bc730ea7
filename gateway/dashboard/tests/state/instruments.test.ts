import { expect, test } from "vitest";
import type { AssetType, Instrument } from "../../src/api/types";
import { matching } from "../../src/state/instruments";

function listed(symbol: string, name: string, type: AssetType = "STOCK"): Instrument {
  return { symbol, name, asset_type: type, currency: "USD", price_increment: "0.01", quantity_increment: "1" };
}

const ALL = [
  listed("SAP", "SAP SE"),
  listed("AAPL", "Apple Inc."),
  listed("PLD", "Prologis, Inc.", "REIT"),
  listed("APLE", "Apple Hospitality", "REIT"),
];

function symbols(text: string, type: AssetType | "" = ""): string[] {
  return matching(ALL, text, type).map((item) => item.symbol);
}

test("a search looks at symbol and name, and case does not matter", () => {
  expect(symbols("apple")).toEqual(["AAPL", "APLE"]);
  expect(symbols("inc")).toEqual(["AAPL", "PLD"]);
});

test("symbols that start with the text come first", () => {
  expect(symbols("ap")).toEqual(["APLE", "AAPL", "SAP"]);
});

test("a type narrows the list", () => {
  expect(symbols("", "REIT")).toEqual(["APLE", "PLD"]);
});
