import type { Envelope, Gap } from "./envelope";

/** What a WebSocket channel sends: the envelope of all streams, its event named by `type`. */
interface Frame {
  sequence?: number;
  type?: string;
  resume_token?: string;
  data?: unknown;
}

/** The gateway ended the connection and said why. */
export class ChannelEnded extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = "ChannelEnded";
  }
}

/** Returns a frame as an envelope. Fails with ChannelEnded on the frame that says why the connection ends. */
export function envelopeOf<Snapshot, Update>(text: string): Envelope<Snapshot, Update> {
  const frame = JSON.parse(text) as Frame;
  const { sequence, resume_token, data } = frame;
  const head = { sequence, resume_token };
  if (frame.type === "snapshot") return { ...head, snapshot: data as Snapshot };
  if (frame.type === "update") return { ...head, update: data as Update };
  if (frame.type === "gap") return { ...head, gap: data as Gap };
  if (frame.type === "heartbeat") return { ...head, heartbeat: data as { time?: string } };
  if (frame.type === "error") throw endOf(data);
  const source = (data as { source?: string } | undefined)?.source ?? "";
  return { ...head, upstream: { source, isLive: frame.type === "live" } };
}

function endOf(data: unknown): ChannelEnded {
  const { reason = "", message = "" } = (data ?? {}) as { reason?: string; message?: string };
  return new ChannelEnded(reason, message);
}
