import { type Envelope, type Gap, SequenceCheck } from "./envelope";

/** What a reader does with a stream's contents. Called from socket handlers: write to a buffer and return. */
export interface Sink<Snapshot, Update> {
  snapshot?(snapshot: Snapshot): void;
  update(update: Update): void;
  /** Something was missed. Without a snapshot in the stream the reader loads what it needs by other means. */
  gap?(gap: Gap): void;
  /** A connection is up; `resumed` says that nothing was lost since the last one. */
  opened?(resumed: boolean): void;
}

/** Live means: connected, nothing missed, its sources there, and something came within the time allowed. */
export type FeedState = "CONNECTING" | "LIVE" | "STALE";

/** The rules of one stream, whatever carries it: order, gaps, silence, resuming. */
export class Follower<Snapshot, Update> {
  resumeToken = "";
  private sequence = new SequenceCheck();
  private readonly lostSources = new Set<string>();
  private isOpen = false;
  private wasOpen = false;
  private hasHeard = false;
  private everHeard = false;
  private missed = false;
  private heardMs = 0;

  constructor(
    private readonly sink: Sink<Snapshot, Update>,
    private readonly silenceMsMax: number,
    private readonly snapshotFollowsGap = true,
  ) {}

  open(nowMs: number): void {
    const resumed = this.wasOpen && this.resumeToken !== "";
    this.sequence = new SequenceCheck();
    this.lostSources.clear();
    this.isOpen = true;
    this.wasOpen = true;
    this.hasHeard = false;
    this.missed = false;
    this.heardMs = nowMs;
    this.sink.opened?.(resumed);
  }

  close(): void {
    this.isOpen = false;
  }

  /** The peer ended the connection with a reason. Was it the first thing said, the position is forgotten. */
  refuse(): void {
    if (!this.hasHeard) this.resumeToken = "";
  }

  /** Applies one response. Returns false when a response is missing: reconnect from the last good position. */
  take(envelope: Envelope<Snapshot, Update>, nowMs: number): boolean {
    this.heardMs = nowMs;
    this.hasHeard = true;
    this.everHeard = true;
    if (!this.sequence.accept(envelope.sequence)) {
      this.missed = true;
      return false;
    }
    this.apply(envelope);
    if (envelope.resume_token) this.resumeToken = envelope.resume_token;
    return true;
  }

  private apply(envelope: Envelope<Snapshot, Update>): void {
    if (envelope.snapshot) {
      this.missed = false;
      this.sink.snapshot?.(envelope.snapshot);
    } else if (envelope.update) {
      this.sink.update(envelope.update);
    } else if (envelope.gap) {
      // Until the snapshot that follows, what is shown is old. Where none follows, the sink loads anew.
      this.missed = this.snapshotFollowsGap;
      this.sink.gap?.(envelope.gap);
    } else if (envelope.upstream) {
      if (envelope.upstream.isLive) this.lostSources.delete(envelope.upstream.source);
      else this.lostSources.add(envelope.upstream.source);
    }
  }

  isSilent(nowMs: number): boolean {
    return this.isOpen && nowMs - this.heardMs > this.silenceMsMax;
  }

  state(nowMs: number): FeedState {
    const isWhole = this.isOpen && !this.missed && this.lostSources.size === 0;
    if (isWhole && this.hasHeard && !this.isSilent(nowMs)) return "LIVE";
    return this.everHeard ? "STALE" : "CONNECTING";
  }
}
