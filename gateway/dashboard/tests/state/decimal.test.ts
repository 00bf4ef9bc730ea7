import { describe, expect, test } from "vitest";
import * as decimal from "../../src/state/decimal";

function value(text: string): decimal.Decimal {
  const parsed = decimal.parse(text);
  if (parsed === null) throw new Error(`${text} is no decimal`);
  return parsed;
}

describe("text", () => {
  test.each(["0", "189.20", "-0.00001", "1234567890123456789.123456789012345678"])("%s survives both ways", (text) => {
    expect(decimal.format(value(text))).toBe(text);
  });

  test.each(["", " ", "1e5", "NaN", "1.", ".5", "1,000", "0x10", "--1", undefined])("%s is no decimal", (text) => {
    expect(decimal.parse(text)).toBeNull();
  });

  test("plain text has no needless zeros, and keeps those that count", () => {
    expect(["100.50", "100.00", "100", "0.00"].map((text) => decimal.plain(value(text)))).toEqual([
      "100.5",
      "100",
      "100",
      "0",
    ]);
  });
});

describe("arithmetic", () => {
  test("a sum that doubles cannot hold is exact", () => {
    expect(decimal.format(decimal.add(value("0.1"), value("0.2")))).toBe("0.3");
    expect(decimal.format(decimal.add(value("9007199254740993"), value("0.01")))).toBe("9007199254740993.01");
  });

  test("a product keeps every digit", () => {
    expect(decimal.plain(decimal.multiply(value("189.205"), value("0.00001")))).toBe("0.00189205");
  });

  test("rounding goes half to even, on both sides of zero", () => {
    const rounded = ["0.125", "0.135", "-0.125", "-0.135", "0.1251"].map((text) => decimal.rescale(value(text), 2));
    expect(rounded.map(decimal.format)).toEqual(["0.12", "0.14", "-0.12", "-0.14", "0.13"]);
  });

  test("equal values compare equal whatever their digits", () => {
    expect(decimal.compare(value("189.2"), value("189.2000"))).toBe(0);
    expect(decimal.compare(value("-1"), value("0.5"))).toBe(-1);
  });
});

describe("steps", () => {
  test("a multiple of the increment is one in exact arithmetic", () => {
    expect(decimal.isMultiple(value("189.29"), value("0.01"))).toBe(true);
    expect(decimal.isMultiple(value("189.295"), value("0.01"))).toBe(false);
    expect(decimal.isMultiple(value("99.453125"), value("0.015625"))).toBe(true);
    expect(decimal.isMultiple(value("1"), value("0"))).toBe(false);
  });

  test("a step from between two prices goes to the next one that way", () => {
    expect(decimal.format(decimal.step(value("189.205"), value("0.01"), 1))).toBe("189.21");
    expect(decimal.format(decimal.step(value("189.205"), value("0.01"), -1))).toBe("189.20");
    expect(decimal.format(decimal.step(value("189.20"), value("0.01"), -1))).toBe("189.19");
  });

  test("steps never go below zero", () => {
    expect(decimal.format(decimal.step(value("3"), value("1"), -10))).toBe("0");
  });

  test("a thousand steps of 0.1 end where they should", () => {
    let price = value("0.0");
    for (let count = 0; count < 1000; count++) price = decimal.step(price, value("0.1"), 1);
    expect(decimal.format(price)).toBe("100.0");
  });

  test("the neighbours of a price enclose it", () => {
    expect(decimal.neighbours(value("189.207"), value("0.05")).map(decimal.format)).toEqual(["189.20", "189.25"]);
  });
});
