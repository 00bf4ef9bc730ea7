import type { Sink } from "../api/follower";
import { get } from "../api/http";
import type { Bar, Interval } from "../api/types";
import { secondsOf } from "./moments";
import { Store } from "./store";

const BARS_MAX = 1_500;

interface Bars {
  bars?: Bar[];
}

/** The bars of one instrument and interval, and which of them the chart has not drawn yet. */
export class BarStore extends Store implements Sink<Bars, Bars> {
  private readonly byStart = new Map<number, Bar>();
  private pending = new Map<number, Bar>();
  private isWhole = false;
  /** Whether bars from before the stream are there. */
  isLoaded = false;
  private newestSeconds = 0;

  /** Another instrument or interval: nothing that was known holds. */
  clear(): void {
    this.isLoaded = false;
    this.byStart.clear();
    this.pending.clear();
    this.isWhole = false;
    this.newestSeconds = 0;
    this.touch();
  }

  snapshot(snapshot: Bars): void {
    this.update(snapshot);
  }

  update(update: Bars): void {
    for (const bar of update.bars ?? []) {
      const start = secondsOf(bar.start_time);
      this.put(start, bar);
      this.pending.set(start, bar);
    }
    this.touch();
  }

  /** Loads the newest bars. What the stream said meanwhile is newer and stays. */
  async load(symbol: string, interval: Interval, isWanted: () => boolean): Promise<void> {
    const path = `/api/v1/bars/${encodeURIComponent(symbol)}`;
    const page = await get<Bars>(path, { interval, page_size: BARS_MAX });
    if (!isWanted()) return;
    for (const bar of page.bars ?? []) {
      const start = secondsOf(bar.start_time);
      if (isFurther(bar, this.byStart.get(start))) this.put(start, bar);
    }
    this.isLoaded = true;
    this.isWhole = false;
    this.touch();
  }

  last(): Bar | undefined {
    return this.byStart.get(this.newestSeconds);
  }

  at(startSeconds: number): Bar | undefined {
    return this.byStart.get(startSeconds);
  }

  /** All bars with the second they start in, oldest first. */
  everything(): [number, Bar][] {
    return oldestFirst(this.byStart);
  }

  /** Says whether the chart must be drawn anew, and returns the bars that changed since the last call. For one painter. */
  take(): { whole: boolean; bars: [number, Bar][] } {
    const taken = { whole: !this.isWhole, bars: oldestFirst(this.pending) };
    this.isWhole = true;
    this.pending = new Map();
    return taken;
  }

  private put(start: number, bar: Bar): void {
    this.byStart.set(start, bar);
    this.newestSeconds = Math.max(this.newestSeconds, start);
  }
}

/** A bar only grows: the one with more trades is the newer state of it. */
function isFurther(bar: Bar, known: Bar | undefined): boolean {
  return known === undefined || Number(bar.trade_count ?? 0) >= Number(known.trade_count ?? 0);
}

function oldestFirst(bars: ReadonlyMap<number, Bar>): [number, Bar][] {
  return [...bars].sort((left, right) => left[0] - right[0]);
}
