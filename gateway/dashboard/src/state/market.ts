import type { Sink } from "../api/follower";
import { get } from "../api/http";
import type { Book, BookUpdate, Trade } from "../api/types";
import { LevelBook } from "./level-book";
import { Store } from "./store";
import { Tape } from "./tape";

interface Snapshot {
  book?: Book;
}

interface Update {
  book?: BookUpdate;
}

/** The book and the trades of the instrument that is shown. */
export class MarketStore extends Store implements Sink<Snapshot, Update> {
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
    if (snapshot.book === undefined) return;
    this.book.replace(snapshot.book);
    this.touch();
  }

  update(update: Update): void {
    if (update.book === undefined) return;
    this.book.merge(update.book);
    this.tape.add(update.book.trades ?? []);
    this.touch();
  }
}
