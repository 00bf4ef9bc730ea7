import { expect, test } from "vitest";
import { LineCutter } from "../../src/api/ndjson";

test("a line that comes in pieces is one value", () => {
  const lines = new LineCutter();
  expect(lines.push('{"a":')).toEqual([]);
  expect(lines.push('1}\n{"b"')).toEqual([{ a: 1 }]);
  expect(lines.push(":2}\n")).toEqual([{ b: 2 }]);
});

test("one piece may hold many lines, empty ones among them", () => {
  expect(new LineCutter().push('{"a":1}\r\n\n{"a":2}\n')).toEqual([{ a: 1 }, { a: 2 }]);
});

test("a line that is no JSON is an error, not silence", () => {
  expect(() => new LineCutter().push("oops\n")).toThrow(SyntaxError);
});
