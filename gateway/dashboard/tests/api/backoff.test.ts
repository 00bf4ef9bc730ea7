import { expect, test } from "vitest";
import { Backoff } from "../../src/api/backoff";

test("waits double up to the bound, and start again after a success", () => {
  const backoff = new Backoff(100, 1_000, () => 1);
  const waits = Array.from({ length: 6 }, () => backoff.nextMs());
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(100);
});

test("half of each wait is chance, so that clients do not return together", () => {
  expect(new Backoff(100, 1_000, () => 0).nextMs()).toBe(50);
});
