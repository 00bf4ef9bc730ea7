import type { Trade } from "../api/types";

/** The newest trades of one instrument, newest first, each once. */
export class Tape {
  private newest: Trade[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly capacity = 200) {}

  trades(): readonly Trade[] {
    return this.newest;
  }

  /** Adds trades in the order in which they happened. */
  add(trades: readonly Trade[]): void {
    for (const trade of trades) {
      if (this.seen.has(trade.trade_id)) continue;
      this.seen.add(trade.trade_id);
      this.newest.unshift(trade);
    }
    for (const trade of this.newest.splice(this.capacity)) this.seen.delete(trade.trade_id);
  }

  /** Adds trades from before those that are known, newest first. */
  fill(older: readonly Trade[]): void {
    for (const trade of older) {
      if (this.seen.has(trade.trade_id) || this.newest.length >= this.capacity) continue;
      this.seen.add(trade.trade_id);
      this.newest.push(trade);
    }
  }

  clear(): void {
    this.newest = [];
    this.seen.clear();
  }
}
