import { expect, test } from "vitest";
import type { Trade } from "../../src/api/types";
import { Tape } from "../../src/state/tape";

function trade(id: number): Trade {
  return { trade_id: String(id), price: "1", quantity: "1", aggressor_side: "BUY", time: "" };
}

function ids(tape: Tape): string[] {
  return tape.trades().map((item) => item.trade_id);
}

test("the newest trade is first, and each is there once", () => {
  const tape = new Tape();
  tape.add([trade(1), trade(2)]);
  tape.add([trade(2), trade(3)]);
  expect(ids(tape)).toEqual(["3", "2", "1"]);
});

test("trades from before the stream go below those of the stream", () => {
  const tape = new Tape();
  tape.add([trade(5)]);
  tape.fill([trade(5), trade(4), trade(3)]);
  expect(ids(tape)).toEqual(["5", "4", "3"]);
});

test("the oldest are forgotten", () => {
  const tape = new Tape(2);
  tape.add([trade(1), trade(2), trade(3)]);
  expect(ids(tape)).toEqual(["3", "2"]);
});
