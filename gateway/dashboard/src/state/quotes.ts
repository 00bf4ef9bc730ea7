import type { Sink } from "../api/follower";
import type { Quote } from "../api/types";
import { Store } from "./store";

interface Quotes {
  quotes?: Quote[];
}

/** The newest quote of each instrument, and which of them are not painted yet. */
export class QuoteStore extends Store implements Sink<Quotes, Quotes> {
  private readonly bySymbol = new Map<string, Quote>();
  private dirty = new Set<string>();

  get(symbol: string): Quote | undefined {
    return this.bySymbol.get(symbol);
  }

  snapshot(snapshot: Quotes): void {
    for (const symbol of this.bySymbol.keys()) this.dirty.add(symbol);
    this.bySymbol.clear();
    this.update(snapshot);
  }

  update(update: Quotes): void {
    for (const quote of update.quotes ?? []) {
      this.bySymbol.set(quote.symbol, quote);
      this.dirty.add(quote.symbol);
    }
    this.touch();
  }

  /** Returns the symbols that changed since the last call. For the one painter of the list. */
  takeDirty(): ReadonlySet<string> {
    const taken = this.dirty;
    if (taken.size > 0) this.dirty = new Set();
    return taken;
  }
}
