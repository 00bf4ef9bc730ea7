import type { Sink } from "../api/follower";
import type { Position } from "../api/types";
import * as decimal from "./decimal";
import { Store } from "./store";

interface Positions {
  positions?: Position[];
}

/** The positions of one portfolio. */
export class PositionStore extends Store implements Sink<Positions, Positions> {
  private readonly bySymbol = new Map<string, Position>();

  get(symbol: string): Position | undefined {
    return this.bySymbol.get(symbol);
  }

  /** Held ones first, then those that are flat; each by symbol. */
  all(): Position[] {
    return [...this.bySymbol.values()].sort(
      (left, right) => Number(isFlat(left)) - Number(isFlat(right)) || left.symbol.localeCompare(right.symbol),
    );
  }

  clear(): void {
    this.bySymbol.clear();
    this.touch();
  }

  snapshot(snapshot: Positions): void {
    this.bySymbol.clear();
    this.update(snapshot);
  }

  update(update: Positions): void {
    for (const position of update.positions ?? []) this.bySymbol.set(position.symbol, position);
    this.touch();
  }
}

export function isFlat(position: Position): boolean {
  const quantity = decimal.parse(position.quantity);
  return quantity === null || decimal.isZero(quantity);
}

export interface Totals {
  currency: string;
  /** Empty when one position has no value in the base currency: a sum that misses a part is no sum. */
  realized: string;
  unrealized: string;
  /** The symbols that the sums miss. */
  missing: string[];
}

/** Profit and loss of all positions in the base currency, exact. */
export function totalsOf(positions: readonly Position[]): Totals {
  const realized = sum(positions.map((position) => position.realized_pnl_base));
  const unrealized = sum(positions.map((position) => (isFlat(position) ? "0" : position.unrealized_pnl_base)));
  const missing = positions.filter((position) => !position.realized_pnl_base || lacksMark(position));
  return {
    currency: positions[0]?.base_currency ?? "",
    realized: positions.length === 0 ? "" : realized,
    unrealized: positions.length === 0 ? "" : unrealized,
    missing: missing.map((position) => position.symbol),
  };
}

function lacksMark(position: Position): boolean {
  return !isFlat(position) && !position.unrealized_pnl_base;
}

function sum(values: readonly (string | undefined)[]): string {
  let total = decimal.ZERO;
  for (const text of values) {
    const value = decimal.parse(text);
    if (value === null) return "";
    total = decimal.add(total, value);
  }
  return decimal.format(total);
}
