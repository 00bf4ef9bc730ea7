import { expect, test } from "vitest";
import * as display from "../../src/state/display";

test("what is not known is a dash, never a zero", () => {
  expect([display.price("", "0.01"), display.quantity(undefined), display.money(""), display.profit("")]).toEqual([
    "–",
    "–",
    "–",
    "–",
  ]);
  expect(display.percentChange("", "1")).toBe("–");
  expect(display.percentChange("0", "1")).toBe("–");
});

test("a price has the digits of its increment", () => {
  expect(display.price("189.2", "0.01")).toBe("189.20");
  expect(display.price("67123.4", "0.10")).toBe("67,123.40");
});

test("an average price keeps two digits more when it has them", () => {
  expect(display.price("189.203333333333", "0.01")).toBe("189.2033");
  expect(display.price("189.200000000000", "0.01")).toBe("189.20");
});

test("profit and loss carry their sign", () => {
  expect([display.profit("1204.5"), display.profit("-0.705"), display.profit("0")]).toEqual([
    "+1,204.50",
    "−0.70",
    "0.00",
  ]);
});

test("large quantities are grouped, and their fraction is not", () => {
  expect(display.quantity("-1234567.12345")).toBe("−1,234,567.12345");
});

test("the change is measured from the first price of the day", () => {
  expect(display.percentChange("200", "199")).toBe("−0.50%");
  expect(display.percentChange("200", "200.001")).toBe("0.00%");
  expect(display.changeDirection("200", "200.00")).toBe("flat");
});
