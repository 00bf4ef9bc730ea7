import { type Feed, SocketFeed } from "./feed";
import { Follower, type Sink } from "./follower";
import type { Query } from "./http";

/** A server stream beats every second; three missed beats are silence. */
const STREAM_SILENCE_MS_MAX = 3_000;

/** The gateway's own channels beat every 30 s; five more are the network's. */
const CHANNEL_SILENCE_MS_MAX = 35_000;

/** Follows a server stream of the contract, by its HTTP path. */
export function followStream<Snapshot, Update>(path: string, query: Query, sink: Sink<Snapshot, Update>): Feed {
  return new SocketFeed(path, `/ws${path}`, query, new Follower(sink, STREAM_SILENCE_MS_MAX));
}

/** Follows a channel of the gateway, such as "/ws/engine/status". */
export function followChannel<Snapshot, Update>(
  path: string,
  query: Query,
  sink: Sink<Snapshot, Update>,
  snapshotFollowsGap = true,
): Feed {
  return new SocketFeed(path, path, query, new Follower(sink, CHANNEL_SILENCE_MS_MAX, snapshotFollowsGap));
}
