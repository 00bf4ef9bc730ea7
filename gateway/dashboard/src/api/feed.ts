import { Backoff } from "./backoff";
import type { Envelope } from "./envelope";
import type { FeedState, Follower } from "./follower";

/** A connection that stays: it reconnects with backoff, resumes, and gives up a peer that fell silent. */
export interface Feed {
  readonly name: string;
  state(nowMs: number): FeedState;
  start(): void;
  stop(): void;
}

const WATCH_MS = 500;

/** What WebSocket and NDJSON feeds share: when to connect again, and when a connection counts as dead. */
export abstract class ReconnectingFeed<Snapshot, Update> implements Feed {
  protected connectionNumber = 0;
  private readonly backoff = new Backoff();
  private retryTimer = 0;
  private watchTimer = 0;
  private running = false;

  constructor(
    readonly name: string,
    protected readonly follower: Follower<Snapshot, Update>,
  ) {}

  /** Opens a connection; says `lost` with this number when it ends. */
  protected abstract connect(number: number): void;
  protected abstract disconnect(): void;

  start(): void {
    if (this.running) return;
    this.running = true;
    this.watchTimer = window.setInterval(() => this.watch(), WATCH_MS);
    this.next();
  }

  stop(): void {
    this.running = false;
    window.clearInterval(this.watchTimer);
    window.clearTimeout(this.retryTimer);
    this.connectionNumber += 1;
    this.follower.close();
    this.disconnect();
  }

  state(nowMs: number): FeedState {
    return this.follower.state(nowMs);
  }

  protected isCurrent(number: number): boolean {
    return this.running && number === this.connectionNumber;
  }

  protected opened(number: number): void {
    if (this.isCurrent(number)) this.follower.open(performance.now());
  }

  protected received(number: number, envelope: Envelope<Snapshot, Update>): void {
    if (!this.isCurrent(number)) return;
    this.backoff.reset();
    if (!this.follower.take(envelope, performance.now())) this.lost(number);
  }

  protected lost(number: number): void {
    if (!this.isCurrent(number)) return;
    this.connectionNumber += 1;
    this.follower.close();
    this.disconnect();
    this.retryTimer = window.setTimeout(() => this.next(), this.backoff.nextMs());
  }

  private next(): void {
    this.connectionNumber += 1;
    this.connect(this.connectionNumber);
  }

  private watch(): void {
    if (this.follower.isSilent(performance.now())) this.lost(this.connectionNumber);
  }
}
