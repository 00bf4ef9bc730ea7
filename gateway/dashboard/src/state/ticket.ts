import type { Instrument, OrderType, Quote, Side, SubmitOrderRequest, TimeInForce } from "../api/types";
import * as decimal from "./decimal";

/** What the ticket holds while it is being filled in. */
export interface Draft {
  side: Side;
  orderType: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  quantity: string;
  price: string;
}

export const EMPTY_DRAFT: Draft = {
  side: "BUY",
  orderType: "LIMIT",
  timeInForce: "DAY",
  postOnly: false,
  quantity: "",
  price: "",
};

/** A field that cannot be sent as it is, and what would be right. */
export interface Problem {
  field: "quantity" | "price";
  message: string;
}

/** The times in force that the order type allows, its default first. */
export function timesInForce(orderType: OrderType): readonly TimeInForce[] {
  return orderType === "LIMIT" ? ["DAY", "GTC", "IOC", "FOK"] : ["IOC", "FOK"];
}

/** Whether post-only means anything: only an order that may rest can insist on resting. */
export function allowsPostOnly(draft: Draft): boolean {
  return draft.orderType === "LIMIT" && (draft.timeInForce === "DAY" || draft.timeInForce === "GTC");
}

/** Changes fields and brings those that depend on them back into what is allowed. */
export function changed(draft: Draft, change: Partial<Draft>): Draft {
  const next = { ...draft, ...change };
  const times = timesInForce(next.orderType);
  const isOtherType = next.orderType !== draft.orderType && change.timeInForce === undefined;
  if (isOtherType || !times.includes(next.timeInForce)) next.timeInForce = times[0] ?? "DAY";
  if (!allowsPostOnly(next)) next.postOnly = false;
  return next;
}

/** Checks what can be checked without the server; the server still decides. */
export function problemsOf(draft: Draft, instrument: Instrument): Problem[] {
  const problems = [stepProblem("quantity", draft.quantity, instrument.quantity_increment)];
  if (draft.orderType === "LIMIT") problems.push(stepProblem("price", draft.price, instrument.price_increment));
  return problems.filter((problem) => problem !== null);
}

export function stepProblem(field: Problem["field"], text: string, increment: string): Problem | null {
  const value = decimal.parse(text.trim());
  const step = decimal.parse(increment);
  if (text.trim() === "") return { field, message: `Enter a ${field}, in steps of ${increment}.` };
  if (value === null) return { field, message: `Not a plain number: use digits and a point, such as ${increment}.` };
  if (value.units <= 0n) return { field, message: `Must be more than 0: the least is ${increment}.` };
  if (step === null || decimal.isMultiple(value, step)) return null;
  const around = decimal.neighbours(value, step).filter((near) => near.units > 0n);
  const offers = around.map((near) => decimal.format(near)).join(" or ");
  return { field, message: `Moves in steps of ${increment}: ${offers} would do.` };
}

/** One press of an arrow: the next step of the increment, from the best price when the field is empty. */
export function stepped(text: string, increment: string, count: number, start?: string): string {
  const size = decimal.parse(increment);
  if (size === null) return text;
  const value = decimal.parse(text.trim());
  if (value === null) return start ?? decimal.format(decimal.step(decimal.ZERO, size, Math.max(count, 1)));
  return decimal.format(decimal.step(value, size, count));
}

export interface Notional {
  value: string;
  /** Not at the order's own price but at the best one on the other side. */
  isEstimate: boolean;
}

/** Price times quantity times multiplier, exact; null while a part is missing. */
export function notionalOf(draft: Draft, instrument: Instrument, quote: Quote | undefined): Notional | null {
  const isEstimate = draft.orderType === "MARKET";
  const touch = draft.side === "BUY" ? quote?.ask_price : quote?.bid_price;
  const price = decimal.parse(isEstimate ? touch : draft.price.trim());
  const quantity = decimal.parse(draft.quantity.trim());
  const multiplier = decimal.parse(instrument.multiplier || "1");
  if (price === null || quantity === null || multiplier === null) return null;
  const value = decimal.multiply(decimal.multiply(price, quantity), multiplier);
  return { value: decimal.format(value), isEstimate };
}

/** Exactly what will be sent. */
export function requestOf(draft: Draft, portfolioId: string, symbol: string, id: string): SubmitOrderRequest {
  return {
    client_order_id: id,
    portfolio_id: portfolioId,
    symbol,
    side: draft.side,
    order_type: draft.orderType,
    quantity: draft.quantity.trim(),
    ...(draft.orderType === "LIMIT" ? { price: draft.price.trim() } : {}),
    time_in_force: draft.timeInForce,
    ...(draft.postOnly ? { post_only: true } : {}),
  };
}

/**
 * Names an order once. The same order sent again because no answer came keeps its name, so that it cannot be
 * placed twice; any other order gets a new one.
 */
export class OrderName {
  private id = "";
  private content = "";

  constructor(private readonly make: () => string = () => crypto.randomUUID()) {}

  nameOf(draft: Draft, portfolioId: string, symbol: string): string {
    const content = JSON.stringify([requestOf(draft, portfolioId, symbol, "")]);
    if (this.id === "" || content !== this.content) this.id = this.make();
    this.content = content;
    return this.id;
  }

  /** The server has decided on the order: the next one is another. */
  settled(): void {
    this.id = "";
  }
}
