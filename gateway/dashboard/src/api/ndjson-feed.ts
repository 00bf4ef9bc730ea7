import type { Envelope } from "./envelope";
import { failureOf } from "./errors";
import { ReconnectingFeed } from "./feed";
import { Follower, type Sink } from "./follower";
import { address, type Query, unauthenticated } from "./http";
import { LineCutter } from "./ndjson";

/** A server stream beats every second; three missed beats are silence. */
const SILENCE_MS_MAX = 3_000;

type Line<Snapshot, Update> = Envelope<Snapshot, Update> & { error?: unknown };

/** Follows one server stream over HTTP, one JSON value a line. */
export class NdjsonFeed<Snapshot, Update> extends ReconnectingFeed<Snapshot, Update> {
  private aborter: AbortController | null = null;

  constructor(
    name: string,
    private readonly path: string,
    private readonly query: Query,
    sink: Sink<Snapshot, Update>,
  ) {
    super(name, new Follower(sink, SILENCE_MS_MAX));
  }

  protected override connect(number: number): void {
    this.aborter = new AbortController();
    void this.read(number, this.aborter.signal)
      .catch(() => undefined)
      .finally(() => this.lost(number));
  }

  protected override disconnect(): void {
    this.aborter?.abort();
    this.aborter = null;
  }

  private async read(number: number, signal: AbortSignal): Promise<void> {
    const query = { ...this.query, resume_token: this.follower.resumeToken };
    const headers = { Accept: "application/x-ndjson" };
    const response = await fetch(address(this.path, query), { headers, signal, credentials: "same-origin" });
    if (!response.ok || response.body === null) return this.refused(response);
    this.opened(number);
    const lines = new LineCutter();
    const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await text.read();
      if (done) return;
      for (const line of lines.push(value)) this.takeLine(number, line as Line<Snapshot, Update>);
    }
  }

  private takeLine(number: number, line: Line<Snapshot, Update>): void {
    if (line.error !== undefined) throw new Error(failureOf(200, JSON.stringify(line)).message);
    this.received(number, line);
  }

  /** A position that the server does not take back is forgotten; the next connection starts with a snapshot. */
  private refused(response: Response): void {
    if (response.status === 401) unauthenticated();
    if (response.status === 400) this.follower.restart();
  }
}
