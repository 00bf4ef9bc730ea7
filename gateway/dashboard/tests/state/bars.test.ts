import { expect, test, vi } from "vitest";
import type { Bar } from "../../src/api/types";
import { BarStore } from "../../src/state/bars";

function bar(minute: number, close: string, tradeCount: string): Bar {
  const start_time = `2026-01-02T03:0${minute}:00Z`;
  return {
    symbol: "AAPL",
    interval: "MINUTE_1",
    start_time,
    open: "1",
    high: "2",
    low: "1",
    close,
    trade_count: tradeCount,
  };
}

function answering(bars: Bar[]): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ bars }))));
}

const always = (): boolean => true;

test("the first drawing is of everything, the next ones of what changed", () => {
  const store = new BarStore();
  store.update({ bars: [bar(1, "1.5", "1")] });
  expect(store.take().whole).toBe(true);
  store.update({ bars: [bar(1, "1.6", "2"), bar(2, "1.7", "1")] });
  const { whole, bars } = store.take();
  expect(whole).toBe(false);
  expect(bars.map(([, item]) => item.close)).toEqual(["1.6", "1.7"]);
});

test("what the stream said of a bar is not taken back by an older answer", async () => {
  const store = new BarStore();
  store.update({ bars: [bar(2, "1.9", "5")] });
  answering([bar(1, "1.5", "9"), bar(2, "1.7", "3")]);
  await store.load("AAPL", "MINUTE_1", always);
  expect(store.everything().map(([, item]) => item.close)).toEqual(["1.5", "1.9"]);
});

test("a bar that grew while the stream was away is brought up to date", async () => {
  const store = new BarStore();
  store.update({ bars: [bar(2, "1.7", "3")] });
  answering([bar(2, "1.9", "8")]);
  await store.load("AAPL", "MINUTE_1", always);
  expect(store.last()?.close).toBe("1.9");
});

test("an answer for another instrument is thrown away", async () => {
  const store = new BarStore();
  answering([bar(1, "1.5", "1")]);
  await store.load("AAPL", "MINUTE_1", () => false);
  expect(store.everything()).toEqual([]);
});
