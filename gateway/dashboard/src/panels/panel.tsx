import type { ComponentChildren } from "preact";
import { useStores } from "../state/hooks";
import { desk } from "../state/desk";
import type { FeedName } from "../state/feeds";

interface PanelProps {
  title: string;
  name: string;
  /** The feed that keeps the panel alive. */
  feed?: FeedName;
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** The frame that every panel has: a title, its tools, and whether what it shows is live. */
export function Panel({ title, name, feed, tools, children }: PanelProps) {
  useStores([desk.feeds]);
  const state = feed === undefined ? "LIVE" : desk.feeds.state(feed);
  return (
    <section class={`panel panel-${name}`} aria-label={title} data-state={state}>
      <header class="panel-head">
        <h2>{title}</h2>
        <div class="panel-tools">{tools}</div>
        {feed !== undefined && <LiveMark feed={feed} />}
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}

const MARK_TITLES = {
  LIVE: "Live: connected, in sequence, heard of in time",
  STALE: "Stale: what is shown may be old; reconnecting",
  CONNECTING: "Connecting",
};

export function LiveMark({ feed }: { feed: FeedName }) {
  const state = desk.feeds.state(feed);
  return (
    <span class="live-mark" data-state={state} title={MARK_TITLES[state]} role="status">
      {state === "CONNECTING" ? "…" : state}
    </span>
  );
}
