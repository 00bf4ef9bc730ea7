import { expect, test } from "vitest";
import { ChannelEnded, envelopeOf } from "../../src/api/frames";

function frame(type: string, data?: unknown): string {
  return JSON.stringify({ sequence: 3, type, channel: "market-data/AAPL", resume_token: "t", data });
}

test("a frame becomes the envelope that all streams have", () => {
  expect(envelopeOf(frame("snapshot", { book: 1 }))).toEqual({ sequence: 3, resume_token: "t", snapshot: { book: 1 } });
  expect(envelopeOf(frame("update", { book: 2 }))).toMatchObject({ update: { book: 2 } });
  expect(envelopeOf(frame("gap", { message: "lost" }))).toMatchObject({ gap: { message: "lost" } });
});

test("the gateway's word on a lost source is kept", () => {
  expect(envelopeOf(frame("stale", { source: "book" }))).toMatchObject({ upstream: { source: "book", isLive: false } });
  expect(envelopeOf(frame("live", { source: "book" }))).toMatchObject({ upstream: { source: "book", isLive: true } });
});

test("the frame that says goodbye is an error with its reason", () => {
  expect(() => envelopeOf(frame("error", { reason: "SLOW_READER", message: "fell behind" }))).toThrow(ChannelEnded);
});
