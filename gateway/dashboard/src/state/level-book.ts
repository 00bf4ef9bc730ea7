import type { Book, BookLevel, BookUpdate, Side } from "../api/types";
import * as decimal from "./decimal";

export interface Level {
  readonly key: string;
  readonly price: string;
  readonly quantity: string;
  readonly orderCount: number;
}

/** One instrument's price levels: a snapshot, then levels that change. Quantity zero removes a level. */
export class LevelBook {
  private readonly sides = { BUY: new Map<string, Level>(), SELL: new Map<string, Level>() };
  private sorted: { BUY: Level[] | null; SELL: Level[] | null } = { BUY: null, SELL: null };

  replace(book: Book): void {
    this.clear();
    this.merge({ symbol: book.symbol, bids: book.bids ?? [], asks: book.asks ?? [] });
  }

  merge(update: BookUpdate): void {
    this.put("BUY", update.bids ?? []);
    this.put("SELL", update.asks ?? []);
  }

  clear(): void {
    this.sides.BUY.clear();
    this.sides.SELL.clear();
    this.sorted = { BUY: null, SELL: null };
  }

  /** Bids (BUY) or asks (SELL), best first. */
  levels(side: Side): readonly Level[] {
    return (this.sorted[side] ??= [...this.sides[side].values()].sort(bestFirst(side)));
  }

  private put(side: Side, levels: readonly BookLevel[]): void {
    if (levels.length > 0) this.sorted[side] = null;
    for (const level of levels) this.putOne(this.sides[side], level);
  }

  private putOne(side: Map<string, Level>, level: BookLevel): void {
    const key = priceKey(level.price);
    const quantity = decimal.parse(level.quantity);
    if (quantity === null || decimal.isZero(quantity)) side.delete(key);
    else side.set(key, { key, price: level.price, quantity: level.quantity, orderCount: level.order_count ?? 0 });
  }
}

/** The same price has one key, however many zeros it is written with. */
export function priceKey(price: string): string {
  const value = decimal.parse(price);
  return value === null ? price : decimal.plain(value);
}

function bestFirst(side: Side): (left: Level, right: Level) => number {
  const sign = side === "BUY" ? -1 : 1;
  return (left, right) => sign * comparePrices(left.price, right.price);
}

function comparePrices(left: string, right: string): number {
  // Doubles decide almost always; exact arithmetic decides when they cannot.
  const difference = Number(left) - Number(right);
  if (difference !== 0) return difference;
  return decimal.compare(decimal.parse(left) ?? decimal.ZERO, decimal.parse(right) ?? decimal.ZERO);
}

/** Running sums of the levels' quantities, for drawing bars. */
export function cumulative(levels: readonly Level[], count: number): number[] {
  const sums: number[] = [];
  let sum = 0;
  for (const level of levels.slice(0, count)) sums.push((sum += Number(level.quantity)));
  return sums;
}

/** Spread and mid of the best levels; null where a side is empty. The mid is exact. */
export function spreadOf(book: LevelBook): { spread: string; mid: string } | null {
  const bid = decimal.parse(book.levels("BUY")[0]?.price);
  const ask = decimal.parse(book.levels("SELL")[0]?.price);
  if (bid === null || ask === null) return null;
  const half: decimal.Decimal = { units: 5n, scale: 1 };
  const mid = decimal.multiply(decimal.add(bid, ask), half);
  return { spread: decimal.format(decimal.subtract(ask, bid)), mid: decimal.plain(mid) };
}
