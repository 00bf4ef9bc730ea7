import { expect, test } from "vitest";
import { covers, scopeName } from "../../src/state/risk";

test("a halted firm covers every order", () => {
  expect(covers({ level: "FIRM", id: "", symbol: "" }, "demo", "main", "AAPL")).toBe(true);
});

test("a scope with a symbol covers that instrument alone", () => {
  expect(covers({ level: "FIRM", symbol: "MSFT" }, "demo", "main", "AAPL")).toBe(false);
});

test("desk and portfolio are told apart by their ids", () => {
  expect(covers({ level: "DESK", id: "main" }, "demo", "main", "AAPL")).toBe(true);
  expect(covers({ level: "PORTFOLIO", id: "other" }, "demo", "main", "AAPL")).toBe(false);
  expect(covers({ level: "STRATEGY", id: "demo/maker" }, "demo", "main", "AAPL")).toBe(false);
});

test("a scope is named in words", () => {
  expect(scopeName({ level: "PORTFOLIO", id: "demo", symbol: "AAPL" })).toBe("portfolio demo, AAPL");
  expect(scopeName({ level: "FIRM", id: "", symbol: "" })).toBe("firm");
});
