import { describe, expect, test } from "vitest";
import type { Envelope, Gap } from "../../src/api/envelope";
import { Follower } from "../../src/api/follower";

type Sent = Envelope<string, string>;

class Reader {
  readonly heard: string[] = [];
  snapshot(text: string): void {
    this.heard.push(`=${text}`);
  }
  update(text: string): void {
    this.heard.push(`+${text}`);
  }
  gap(gap: Gap): void {
    this.heard.push(`?${gap.message ?? ""}`);
  }
  opened(resumed: boolean): void {
    this.heard.push(resumed ? "resumed" : "opened");
  }
}

function following(
  messages: Sent[],
  snapshotFollowsGap = true,
): { reader: Reader; follower: Follower<string, string> } {
  const reader = new Reader();
  const follower = new Follower<string, string>(reader, 3_000, snapshotFollowsGap);
  follower.open(0);
  messages.forEach((message) => follower.take(message, 0));
  return { reader, follower };
}

describe("what is live", () => {
  test("nothing is before the first response", () => {
    expect(following([]).follower.state(0)).toBe("CONNECTING");
    expect(following([{ sequence: "1", snapshot: "a" }]).follower.state(0)).toBe("LIVE");
  });

  test("silence beyond the bound is stale, a heartbeat within it is not", () => {
    const { follower } = following([{ sequence: 1, snapshot: "a" }]);
    follower.take({ sequence: 2, heartbeat: {} }, 2_900);
    expect(follower.state(5_900)).toBe("LIVE");
    expect(follower.state(5_901)).toBe("STALE");
  });

  test("a closed connection is stale, and live again once it is back and heard of", () => {
    const { follower } = following([{ sequence: 1, snapshot: "a" }]);
    follower.close();
    expect(follower.state(1)).toBe("STALE");
    follower.open(2);
    expect(follower.state(2)).toBe("STALE");
    follower.take({ sequence: 1, snapshot: "a" }, 3);
    expect(follower.state(3)).toBe("LIVE");
  });

  test("a source that the gateway lost makes the channel stale until it is back", () => {
    const { follower } = following([
      { sequence: 1, snapshot: "a" },
      { sequence: 2, upstream: { source: "book", isLive: false } },
    ]);
    expect(follower.state(0)).toBe("STALE");
    follower.take({ sequence: 3, upstream: { source: "book", isLive: true } }, 0);
    expect(follower.state(0)).toBe("LIVE");
  });
});

describe("order", () => {
  test("a missing sequence is noticed and not applied", () => {
    const { reader, follower } = following([{ sequence: "1", snapshot: "a" }]);
    expect(follower.take({ sequence: "3", update: "c" }, 0)).toBe(false);
    expect(reader.heard).toEqual(["opened", "=a"]);
    expect(follower.state(0)).toBe("STALE");
  });

  test("sequences beyond what doubles hold are still told apart", () => {
    const { follower } = following([{ sequence: "9007199254740992", snapshot: "a" }]);
    expect(follower.take({ sequence: "9007199254740993", update: "b" }, 0)).toBe(true);
    expect(follower.take({ sequence: "9007199254740993", update: "b" }, 0)).toBe(false);
  });

  test("after an announced gap the page is stale until the snapshot", () => {
    const { follower } = following([
      { sequence: 1, snapshot: "a" },
      { sequence: 2, gap: { message: "lost" } },
    ]);
    expect(follower.state(0)).toBe("STALE");
    follower.take({ sequence: 3, snapshot: "b" }, 0);
    expect(follower.state(0)).toBe("LIVE");
  });

  test("where no snapshot follows, the reader is told and loads anew", () => {
    const { reader, follower } = following(
      [
        { sequence: 1, update: "a" },
        { sequence: 2, gap: { message: "lost" } },
      ],
      false,
    );
    expect(reader.heard).toEqual(["opened", "+a", "?lost"]);
    expect(follower.state(0)).toBe("LIVE");
  });
});

describe("resuming", () => {
  test("the position is that of the last response applied", () => {
    const { follower } = following([
      { sequence: 1, resume_token: "t1", snapshot: "a" },
      { sequence: 2, resume_token: "t2", update: "b" },
      { sequence: 4, resume_token: "t4", update: "d" },
    ]);
    expect(follower.resumeToken).toBe("t2");
  });

  test("a second connection with a position has lost nothing", () => {
    const { reader, follower } = following([{ sequence: 1, resume_token: "t1", snapshot: "a" }]);
    follower.close();
    follower.open(1);
    expect(reader.heard.at(-1)).toBe("resumed");
  });

  test("a position that was refused is forgotten", () => {
    const { reader, follower } = following([{ sequence: 1, resume_token: "t1", snapshot: "a" }]);
    follower.open(1);
    follower.refuse();
    follower.open(2);
    expect(reader.heard.at(-1)).toBe("opened");
  });

  test("a connection that ends after a while is resumed all the same", () => {
    const { follower } = following([{ sequence: 1, resume_token: "t1", snapshot: "a" }]);
    follower.refuse();
    expect(follower.resumeToken).toBe("t1");
  });
});
