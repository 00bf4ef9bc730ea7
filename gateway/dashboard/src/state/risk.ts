import type { Sink } from "../api/follower";
import { get } from "../api/http";
import type { RiskEvent, RiskScope, TradingStateRecord } from "../api/types";
import { Store } from "./store";

const EVENTS_MAX = 200;

interface RiskEvents {
  events?: RiskEvent[];
}

interface States {
  records?: TradingStateRecord[];
}

/** Which scopes are not ACTIVE, and what risk prevented. */
export class RiskStore extends Store implements Sink<RiskEvents, RiskEvent> {
  private states: TradingStateRecord[] = [];
  private newest: RiskEvent[] = [];

  restricted(): readonly TradingStateRecord[] {
    return this.states;
  }

  /** Newest first. */
  events(): readonly RiskEvent[] {
    return this.newest;
  }

  snapshot(snapshot: RiskEvents): void {
    this.newest = [...(snapshot.events ?? [])].reverse();
    this.touch();
  }

  update(event: RiskEvent): void {
    this.newest.unshift(event);
    this.newest.length = Math.min(this.newest.length, EVENTS_MAX);
    this.touch();
    if (event.kind === "TRADING_STATE_CHANGED") void this.load().catch(() => undefined);
  }

  /** Asks which scopes are restricted; paints only when the answer is another one. */
  async load(): Promise<void> {
    const answer = await get<States>("/api/v1/risk/trading-states", { page_size: 1000 });
    const states = (answer.records ?? []).filter((record) => record.state !== "ACTIVE");
    if (JSON.stringify(states) === JSON.stringify(this.states)) return;
    this.states = states;
    this.touch();
  }
}

/** A scope in words, such as "portfolio demo" or "firm, AAPL". */
export function scopeName(scope: RiskScope | undefined): string {
  if (scope === undefined) return "";
  const place = [scope.level.toLowerCase(), scope.id].filter(Boolean).join(" ");
  return scope.symbol ? `${place}, ${scope.symbol}` : place;
}

/** Whether orders of this portfolio in this instrument stand under the scope. The desk is judged by its id. */
export function covers(scope: RiskScope, portfolioId: string, deskId: string, symbol: string): boolean {
  if (scope.symbol && scope.symbol !== symbol) return false;
  if (scope.level === "FIRM") return true;
  if (scope.level === "DESK") return scope.id === deskId;
  return scope.level === "PORTFOLIO" && scope.id === portfolioId;
}
