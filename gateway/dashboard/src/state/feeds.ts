import type { Feed } from "../api/feed";
import type { FeedState } from "../api/follower";
import { Cell, Store } from "./store";

/** The panels that a feed keeps alive. */
export type FeedName = "quotes" | "market" | "bars" | "orders" | "positions" | "risk" | "health" | "engine";

/** The feeds of the page by name, and whether what they feed is live. */
export class FeedBoard extends Store {
  private readonly feeds = new Map<FeedName, Feed>();
  private readonly states = new Map<FeedName, FeedState>();
  readonly overall = new Cell<FeedState>("CONNECTING");

  /** Starts a feed in the place of the one that has its name. */
  use(name: FeedName, feed: Feed): void {
    this.feeds.get(name)?.stop();
    this.feeds.set(name, feed);
    feed.start();
  }

  stopAll(): void {
    for (const feed of this.feeds.values()) feed.stop();
    this.feeds.clear();
    this.judge(performance.now());
  }

  /** Lets go of every connection until `resume`. */
  pause(): void {
    for (const feed of this.feeds.values()) feed.stop();
  }

  resume(): void {
    for (const feed of this.feeds.values()) feed.start();
  }

  state(name: FeedName): FeedState {
    return this.states.get(name) ?? "CONNECTING";
  }

  /** The feeds that are not live. */
  stale(): FeedName[] {
    return [...this.feeds.keys()].filter((name) => this.state(name) !== "LIVE");
  }

  /** Looks at every feed again. Silence has no event: somebody must look at the clock. */
  judge(nowMs: number): void {
    for (const [name, feed] of this.feeds) this.note(name, feed.state(nowMs));
    this.overall.set(overallOf([...this.feeds.keys()].map((name) => this.state(name))));
  }

  private note(name: FeedName, state: FeedState): void {
    if (this.states.get(name) === state) return;
    this.states.set(name, state);
    this.touch();
  }
}

/** The page is as live as the worst of its feeds. */
export function overallOf(states: readonly FeedState[]): FeedState {
  if (states.includes("STALE")) return "STALE";
  return states.length === 0 || states.includes("CONNECTING") ? "CONNECTING" : "LIVE";
}
