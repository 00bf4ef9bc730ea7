import type { Sink } from "../api/follower";
import { get } from "../api/http";
import type { Book, BookUpdate, Trade } from "../api/types";
import { LevelBook } from "./level-book";
import { Store } from "./store";
import { Tape } from "./tape";

interface Snapshot {
  books?: Book[];
}

interface Updates {
  updates?: BookUpdate[];
}

/** The book and the trades of the instrument that is shown. */
export class MarketStore extends Store implements Sink<Snapshot, Updates> {
  readonly book = new LevelBook();
  readonly tape = new Tape();

  clear(): void {
    this.book.clear();
    this.tape.clear();
    this.touch();
  }

  /** Loads trades from before the stream. */
  async load(symbol: string, isWanted: () => boolean): Promise<void> {
    const page = await get<{ trades?: Trade[] }>("/api/v1/trades", { symbol, page_size: 100 });
    if (!isWanted()) return;
    this.tape.fill(page.trades ?? []);
    this.touch();
  }

  snapshot(snapshot: Snapshot): void {
    this.book.clear();
    for (const book of snapshot.books ?? []) this.book.replace(book);
    this.touch();
  }

  update(updates: Updates): void {
    for (const update of updates.updates ?? []) {
      this.book.merge(update);
      this.tape.add(update.trades ?? []);
    }
    this.touch();
  }
}
