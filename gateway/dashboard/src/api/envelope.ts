/** The envelope that every stream of tickmesh has. */

export interface Gap {
  from_position?: string;
  to_position?: string;
  message?: string;
}

export interface Envelope<Snapshot, Update> {
  sequence?: string | number | undefined;
  resume_token?: string | undefined;
  snapshot?: Snapshot;
  update?: Update;
  gap?: Gap;
  heartbeat?: { time?: string };
  /** WebSocket only: the gateway lost or found again what feeds the channel. */
  upstream?: { source: string; isLive: boolean };
}

/** Checks that a stream's sequence rises by exactly one a response. One of these lives as long as one connection. */
export class SequenceCheck {
  private last: bigint | null = null;

  /** Returns whether nothing was missed before this response. */
  accept(sequence: string | number | undefined): boolean {
    const next = BigInt(sequence ?? 0);
    const follows = this.last === null || next === this.last + 1n;
    this.last = next;
    return follows;
  }
}
