import { expect, test } from "vitest";
import { overallOf } from "../../src/state/feeds";

test("the page is live when every feed is", () => {
  expect(overallOf(["LIVE", "LIVE"])).toBe("LIVE");
});

test("one stale feed makes the page stale", () => {
  expect(overallOf(["LIVE", "STALE", "CONNECTING"])).toBe("STALE");
});

test("a page that is still connecting is not live", () => {
  expect(overallOf(["LIVE", "CONNECTING"])).toBe("CONNECTING");
  expect(overallOf([])).toBe("CONNECTING");
});
