import type { ApiError } from "../api/errors";
import type { Instrument } from "../api/types";
import { quantity, UNKNOWN } from "./display";

/** What a trader can do about a refusal, by its stable reason. */
const ADVICE: Record<string, string> = {
  OFF_TICK: "The price must be a multiple of the price increment, {price_increment}.",
  OFF_LOT: "The quantity must be a multiple of the quantity increment, {quantity_increment}.",
  BELOW_MINIMUM_NOTIONAL: "Price times quantity must reach {minimum_notional} {currency}.",
  UNKNOWN_INSTRUMENT: "Choose an instrument of the list.",
  UNKNOWN_PORTFOLIO: "Choose a portfolio that is open for trading.",
  TRADING_HALTED: "New orders wait until the scope is ACTIVE again. Cancels are always allowed.",
  REDUCE_ONLY: "Only orders that make a position smaller are taken here at the moment.",
  POST_ONLY_WOULD_TRADE: "The price meets the other side. Move it away, or switch post-only off.",
  FOK_NOT_FILLABLE: "The book does not hold the whole quantity at that price. Use IOC, or a smaller quantity.",
  PRICE_COLLAR: "The price is too far from the reference price. Move it nearer.",
  ORDER_QUANTITY_LIMIT: "Send a smaller quantity.",
  ORDER_NOTIONAL_LIMIT: "Send a smaller quantity, or a lower price.",
  POSITION_LIMIT: "Open orders count too: cancel some, or send a smaller quantity.",
  GROSS_EXPOSURE_LIMIT: "Close positions or cancel orders first, or send a smaller quantity.",
  ORDER_RATE_LIMIT: "Too many orders in this second. Send it again in a moment.",
  CAPACITY: "The engine holds as many live orders as it can. Cancel some.",
  UNKNOWN_ORDER: "The order is not live any more.",
  NOT_OWNER: "Another portfolio owns the order.",
  NO_ANSWER: "It may have arrived or not. Sending again uses the same client_order_id, so it can act only once.",
};

export interface Explanation {
  reason: string;
  message: string;
  advice: string;
  /** Name and value: wrong fields, and the numbers of the limit that refused. */
  facts: [string, string][];
}

/** Says what was refused, why, and what would be right. */
export function explain(error: ApiError, instrument?: Instrument): Explanation {
  const { failure } = error;
  const key = error.outcomeIsUnknown ? "NO_ANSWER" : failure.reason;
  const fields = failure.fields.map((item): [string, string] => [item.field, item.description]);
  return {
    reason: failure.reason || (failure.fields.length > 0 ? "INVALID_ARGUMENT" : `HTTP_${failure.status}`),
    message: failure.message,
    advice: filled(ADVICE[key] ?? "", instrument),
    facts: [...fields, ...factsIn(failure.metadata)],
  };
}

/** The scope and the numbers of a limit in the order in which they are read, then whatever else was said. */
const FACTS = ["scope", "limit", "used", "asked", "headroom"];

function factsIn(metadata: Record<string, string>): [string, string][] {
  const known = FACTS.map((name): [string, string] => [name, factText(metadata[name] ?? "")]);
  const others = Object.entries(metadata).filter(([name]) => !FACTS.includes(name) && name !== "check");
  return [...known, ...others].filter(([, value]) => value !== "");
}

function factText(value: string): string {
  const shown = quantity(value);
  return shown === UNKNOWN ? value : shown;
}

function filled(advice: string, instrument: Instrument | undefined): string {
  const values: Record<string, string | undefined> = { ...instrument };
  return advice.replace(/\{(\w+)\}/g, (_, name: string) => values[name] || "the instrument's own");
}
