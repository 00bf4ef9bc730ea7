import { listPortfolios } from "../api/calls";
import { followChannel, followStream } from "../api/channels";
import type { Interval, Portfolio } from "../api/types";
import { BarStore } from "./bars";
import { BlotterStore } from "./blotter";
import { FeedBoard } from "./feeds";
import { InstrumentStore } from "./instruments";
import { MarketStore } from "./market";
import { NoticeStore } from "./notices";
import { PositionStore } from "./positions";
import { remember, remembered } from "./preferences";
import { QuoteStore } from "./quotes";
import { untilDone } from "./retry";
import { RiskStore } from "./risk";
import { Cell } from "./store";
import { EngineStore, HealthStore } from "./system";
import { changed, type Draft, EMPTY_DRAFT } from "./ticket";
import { watchVisibility } from "./visibility";

const JUDGE_MS = 250;
const STATES_POLL_MS = 3_000;
const MINUTES_MIN = 15;

function rememberedInterval(): Interval {
  const chosen = remembered("interval");
  return chosen === "SECOND_1" || chosen === "DAY_1" ? chosen : "MINUTE_1";
}

/** Everything that the page knows, and the feeds that keep it so. Panels read it and call its few verbs. */
export class Desk {
  readonly instruments = new InstrumentStore();
  readonly quotes = new QuoteStore();
  readonly market = new MarketStore();
  readonly bars = new BarStore();
  readonly blotter = new BlotterStore();
  readonly positions = new PositionStore();
  readonly risk = new RiskStore();
  readonly health = new HealthStore();
  readonly engine = new EngineStore();
  readonly feeds = new FeedBoard();
  readonly notices = new NoticeStore();

  readonly symbol = new Cell("");
  readonly interval = new Cell<Interval>(rememberedInterval());
  readonly portfolios = new Cell<readonly Portfolio[]>([]);
  readonly portfolioId = new Cell("");
  readonly draft = new Cell<Draft>(EMPTY_DRAFT);

  private timers: number[] = [];
  private stopWatching: () => void = () => undefined;
  private isRunning = false;

  /** Starts every feed. Returns once instruments and portfolios are known. */
  async start(): Promise<void> {
    this.isRunning = true;
    this.startFeeds();
    this.stopWatching = watchVisibility(
      () => this.feeds.pause(),
      () => this.feeds.resume(),
    );
    const isWanted = (): boolean => this.isRunning;
    this.timers.push(window.setInterval(() => this.feeds.judge(performance.now()), JUDGE_MS));
    this.timers.push(window.setInterval(() => void this.risk.load().catch(() => undefined), STATES_POLL_MS));
    void this.risk.load().catch(() => undefined);
    await Promise.all([
      untilDone(() => this.loadInstruments(), isWanted),
      untilDone(() => this.loadPortfolios(), isWanted),
    ]);
  }

  stop(): void {
    this.isRunning = false;
    this.stopWatching();
    this.timers.forEach((timer) => window.clearInterval(timer));
    this.timers = [];
    this.feeds.stopAll();
  }

  showInstrument(symbol: string): void {
    if (symbol === this.symbol.value) return;
    this.symbol.set(symbol);
    remember("symbol", symbol);
    this.draft.set(changed(this.draft.value, { quantity: "", price: "" }));
    this.followMarket(symbol);
    this.followBars();
  }

  private followMarket(symbol: string): void {
    this.market.clear();
    const isWanted = (): boolean => this.isRunning && this.symbol.value === symbol;
    // The channel does not resume: what traded while it was away is loaded, below what trades from now on.
    const load = (): void => {
      this.market.tape.clear();
      void untilDone(() => this.market.load(symbol, isWanted), isWanted);
    };
    const sink = {
      snapshot: this.market.snapshot.bind(this.market),
      update: this.market.update.bind(this.market),
      opened: load,
      gap: load,
    };
    const path = `/ws/market-data/${encodeURIComponent(symbol)}`;
    this.feeds.use("market", followChannel(path, {}, sink));
  }

  showInterval(interval: Interval): void {
    remember("interval", interval);
    if (interval === this.interval.value) return;
    this.interval.set(interval);
    this.followBars();
  }

  showPortfolio(portfolioId: string): void {
    if (portfolioId === this.portfolioId.value) return;
    this.portfolioId.set(portfolioId);
    remember("portfolio", portfolioId);
    this.followOrders(portfolioId);
    this.positions.clear();
    const query = { portfolio_id: portfolioId };
    this.feeds.use("positions", followStream("/api/v1/positions:stream", query, this.positions));
  }

  changeDraft(change: Partial<Draft>): void {
    this.draft.set(changed(this.draft.value, change));
  }

  portfolio(): Portfolio | undefined {
    return this.portfolios.value.find((item) => item.portfolio_id === this.portfolioId.value);
  }

  private startFeeds(): void {
    this.feeds.use("quotes", followStream("/api/v1/quotes:stream", {}, this.quotes));
    this.feeds.use("risk", followStream("/api/v1/risk/events:stream", {}, this.risk));
    this.feeds.use("health", followChannel("/ws/system/health", {}, this.health));
    this.feeds.use("engine", followChannel("/ws/engine/status", {}, this.engine));
  }

  private async loadInstruments(): Promise<void> {
    await this.instruments.load();
    const known = this.instruments.all();
    const wanted = [remembered("symbol"), "AAPL", known[0]?.symbol ?? ""];
    const first = wanted.find((symbol) => this.instruments.get(symbol));
    if (first === undefined) throw new Error("no instrument is listed yet");
    if (this.symbol.value === "") this.showInstrument(first);
  }

  private async loadPortfolios(): Promise<void> {
    const known = await listPortfolios();
    this.portfolios.set(known);
    const ids = known.map((item) => item.portfolio_id);
    const first = [remembered("portfolio"), "demo", ids[0] ?? ""].find((id) => ids.includes(id));
    if (first === undefined) throw new Error("no portfolio is open yet");
    if (this.portfolioId.value === "") this.showPortfolio(first);
  }

  private followBars(): void {
    const [symbol, interval] = [this.symbol.value, this.interval.value];
    this.bars.clear();
    const isWanted = (): boolean => this.isRunning && this.symbol.value === symbol && this.interval.value === interval;
    const load = async (): Promise<void> => {
      await untilDone(() => this.bars.load(symbol, interval, isWanted), isWanted);
      if (isWanted()) this.chooseInterval();
    };
    const sink = {
      snapshot: this.bars.snapshot.bind(this.bars),
      update: this.bars.update.bind(this.bars),
      opened: (resumed: boolean) => void (resumed || load()),
      gap: () => void load(),
    };
    const query = { symbols: symbol, interval };
    this.feeds.use("bars", followStream("/api/v1/bars:stream", query, sink));
  }

  /** A market that has just begun has too few minutes to draw: seconds then, unless the reader chose. */
  private chooseInterval(): void {
    if (remembered("interval") !== "" || this.bars.everything().length >= MINUTES_MIN) return;
    if (this.interval.value !== "MINUTE_1") return;
    this.interval.set("SECOND_1");
    this.followBars();
  }

  private followOrders(portfolioId: string): void {
    this.blotter.clear();
    const isWanted = (): boolean => this.isRunning && this.portfolioId.value === portfolioId;
    const load = (): void => void untilDone(() => this.blotter.load(portfolioId, isWanted), isWanted);
    const report = this.blotter.report.bind(this.blotter);
    const sink = {
      snapshot: report,
      update: report,
      opened: (resumed: boolean) => (resumed ? undefined : load()),
      gap: load,
    };
    const query = { portfolio_id: portfolioId };
    this.feeds.use("orders", followChannel("/ws/trades/updates", query, sink, false));
  }
}

export const desk = new Desk();
