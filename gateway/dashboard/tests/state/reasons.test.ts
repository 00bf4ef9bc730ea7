import { expect, test } from "vitest";
import { ApiError, failureOf } from "../../src/api/errors";
import type { Instrument } from "../../src/api/types";
import { explain } from "../../src/state/reasons";

const APPLE = { symbol: "AAPL", currency: "USD", price_increment: "0.01" } as Instrument;

function refusal(status: number, error: object): ApiError {
  return new ApiError(failureOf(status, JSON.stringify({ error })));
}

test("a price off the tick is explained with the instrument's own increment", () => {
  const explanation = explain(
    refusal(400, { reason: "OFF_TICK", message: "price is no multiple", fields: [], metadata: {} }),
    APPLE,
  );
  expect(explanation.advice).toBe("The price must be a multiple of the price increment, 0.01.");
});

test("a limit's refusal shows its numbers", () => {
  const metadata = { used: "90", check: "POSITION_LIMIT", headroom: "10", asked: "2000", limit: "100", scope: "firm" };
  const explanation = explain(refusal(400, { reason: "POSITION_LIMIT", message: "too large", metadata }));
  expect(explanation.facts).toEqual([
    ["scope", "firm"],
    ["limit", "100"],
    ["used", "90"],
    ["asked", "2,000"],
    ["headroom", "10"],
  ]);
});

test("wrong fields are named", () => {
  const fields = [{ field: "quantity", description: "must be positive" }];
  const explanation = explain(refusal(400, { reason: "INVALID_FIELDS", message: "quantity must be positive", fields }));
  expect(explanation.facts).toEqual([["quantity", "must be positive"]]);
});

test("a service that does not answer leaves the outcome open; a refusal does not", () => {
  expect(refusal(503, { reason: "UNAVAILABLE", message: "" }).outcomeIsUnknown).toBe(true);
  expect(refusal(400, { reason: "OFF_TICK", message: "" }).outcomeIsUnknown).toBe(false);
});

test("an answer that is no JSON still says which status it had", () => {
  expect(failureOf(502, "<html>")).toMatchObject({ status: 502, message: "The server answered 502.", reason: "" });
});
