import { Store } from "./store";

export type Tone = "good" | "bad" | "plain";

export interface Notice {
  id: number;
  tone: Tone;
  text: string;
}

const SHOWN_MS = 5_000;
const SHOWN_MAX = 4;

/** Short messages that come and go by themselves. */
export class NoticeStore extends Store {
  private nextId = 1;
  private notices: Notice[] = [];

  all(): readonly Notice[] {
    return this.notices;
  }

  say(text: string, tone: Tone = "plain"): void {
    const notice = { id: this.nextId++, tone, text };
    this.notices = [...this.notices, notice].slice(-SHOWN_MAX);
    this.touch();
    window.setTimeout(() => this.dismiss(notice.id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.touch();
  }
}
