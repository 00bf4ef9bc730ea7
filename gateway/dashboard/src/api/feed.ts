import { Backoff } from "./backoff";
import type { FeedState, Follower } from "./follower";
import { ChannelEnded, envelopeOf } from "./frames";
import { address, type Query } from "./http";

/** A connection that stays, whatever it carries. */
export interface Feed {
  readonly name: string;
  state(nowMs: number): FeedState;
  start(): void;
  stop(): void;
}

const WATCH_MS = 500;

/**
 * Follows one WebSocket channel: reconnects with backoff, resumes where it was, and gives up a peer that fell
 * silent. Streams come over WebSocket too: of ordinary requests a browser allows six a host, all windows together.
 */
export class SocketFeed<Snapshot, Update> implements Feed {
  private socket: WebSocket | null = null;
  private readonly backoff = new Backoff();
  private retryTimer = 0;
  private watchTimer = 0;
  private isRunning = false;

  constructor(
    readonly name: string,
    private readonly path: string,
    private readonly query: Query,
    private readonly follower: Follower<Snapshot, Update>,
  ) {}

  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.watchTimer = window.setInterval(() => this.watch(), WATCH_MS);
    this.connect();
  }

  stop(): void {
    this.isRunning = false;
    window.clearInterval(this.watchTimer);
    window.clearTimeout(this.retryTimer);
    this.disconnect();
  }

  state(nowMs: number): FeedState {
    return this.follower.state(nowMs);
  }

  private connect(): void {
    const socket = new WebSocket(this.url());
    this.socket = socket;
    socket.onopen = () => this.follower.open(performance.now());
    socket.onclose = () => this.lost();
    socket.onmessage = (event: MessageEvent<string>) => this.message(event.data);
  }

  private message(text: string): void {
    try {
      const isWhole = this.follower.take(envelopeOf<Snapshot, Update>(text), performance.now());
      this.backoff.reset();
      if (!isWhole) this.lost();
    } catch (cause) {
      if (cause instanceof ChannelEnded) this.follower.refuse();
      console.warn(`${this.name}: ${String(cause)}`);
      this.lost();
    }
  }

  private lost(): void {
    this.disconnect();
    if (!this.isRunning) return;
    window.clearTimeout(this.retryTimer);
    this.retryTimer = window.setTimeout(() => this.connect(), this.backoff.nextMs());
  }

  private disconnect(): void {
    const socket = this.socket;
    this.socket = null;
    this.follower.close();
    if (socket === null) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  private watch(): void {
    if (this.follower.isSilent(performance.now())) this.lost();
  }

  private url(): string {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = { ...this.query, resume_token: this.follower.resumeToken };
    return `${scheme}//${location.host}${address(this.path, query)}`;
  }
}
