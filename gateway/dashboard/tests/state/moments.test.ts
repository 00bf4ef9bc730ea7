import { expect, test } from "vitest";
import { sortKey, timeOfDay } from "../../src/state/moments";

test("moments sort as text whatever digits their fractions have", () => {
  const moments = ["2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789Z"];
  const sorted = [...moments].sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1));
  expect(sorted).toEqual(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.5Z"]);
});

test("no moment is shown as a dash", () => {
  expect(timeOfDay("")).toBe("–");
  expect(timeOfDay(undefined)).toBe("–");
});
