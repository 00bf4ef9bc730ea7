import { ReconnectingFeed } from "./feed";
import { Follower, type Sink } from "./follower";
import { envelopeOf } from "./frames";
import { address, type Query } from "./http";

/** Sockets beat every 30 s; five more are the network's. */
const SILENCE_MS_MAX = 35_000;

/** Follows one WebSocket channel. */
export class SocketFeed<Snapshot, Update> extends ReconnectingFeed<Snapshot, Update> {
  private socket: WebSocket | null = null;

  constructor(
    name: string,
    private readonly path: string,
    private readonly query: Query,
    sink: Sink<Snapshot, Update>,
    snapshotFollowsGap = true,
  ) {
    super(name, new Follower(sink, SILENCE_MS_MAX, snapshotFollowsGap));
  }

  protected override connect(number: number): void {
    const socket = new WebSocket(this.url());
    this.socket = socket;
    socket.onopen = () => this.opened(number);
    socket.onclose = () => this.lost(number);
    socket.onmessage = (event: MessageEvent<string>) => this.message(number, event.data);
  }

  protected override disconnect(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  private message(number: number, text: string): void {
    try {
      this.received(number, envelopeOf<Snapshot, Update>(text));
    } catch (cause) {
      console.warn(`${this.name}: ${String(cause)}`);
      this.lost(number);
    }
  }

  private url(): string {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = { ...this.query, resume_token: this.follower.resumeToken };
    return `${scheme}//${location.host}${address(this.path, query)}`;
  }
}
