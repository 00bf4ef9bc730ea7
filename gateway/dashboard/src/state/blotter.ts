import { get } from "../api/http";
import type { ExecutionReport, Order } from "../api/types";
import { sortKey } from "./moments";
import { Store } from "./store";

const ROWS_MAX = 500;

interface Reports {
  reports?: ExecutionReport[];
}

interface OrderPage {
  orders?: Order[];
}

interface ExecutionPage {
  executions?: ExecutionReport[];
}

interface Views {
  version: number;
  history: readonly Order[];
  open: readonly Order[];
  executions: readonly ExecutionReport[];
}

export function isOpen(order: Order): boolean {
  return order.status === "NEW" || order.status === "PARTIALLY_FILLED";
}

/** The orders and trades of one portfolio: loaded in pages, kept up to date by execution reports. */
export class BlotterStore extends Store {
  private readonly orders = new Map<string, Order>();
  private readonly positions = new Map<string, bigint>();
  private readonly trades = new Map<string, ExecutionReport>();
  private views: Views = { version: -1, history: [], open: [], executions: [] };
  private sinceForgotten = 0;

  /** Newest first. */
  openOrders(): readonly Order[] {
    return this.sorted().open;
  }

  /** Newest first. */
  history(): readonly Order[] {
    return this.sorted().history;
  }

  /** Newest first. */
  executions(): readonly ExecutionReport[] {
    return this.sorted().executions;
  }

  /** Sorts once a version, however many panels ask. */
  private sorted(): Views {
    if (this.views.version === this.version) return this.views;
    const history = [...this.orders.values()].sort((left, right) =>
      descending(sortKey(left.submit_time), sortKey(right.submit_time)),
    );
    const executions = [...this.trades.values()].sort((left, right) =>
      descending(BigInt(left.execution_id), BigInt(right.execution_id)),
    );
    this.views = { version: this.version, history, open: history.filter(isOpen), executions };
    return this.views;
  }

  clear(): void {
    this.orders.clear();
    this.positions.clear();
    this.trades.clear();
    this.touch();
  }

  /** Applies reports in order; one that was seen before changes nothing. */
  report(reports: Reports): void {
    for (const report of reports.reports ?? []) this.apply(report);
    this.touch();
    this.forget(reports.reports?.length ?? 0);
  }

  /** Takes an order as a call answered it, unless a newer state is known. */
  take(order: Order): void {
    const known = this.orders.get(order.order_id);
    if (known && sortKey(known.update_time) > sortKey(order.update_time)) return;
    this.orders.set(order.order_id, order);
    this.touch();
  }

  /** Loads the newest orders and trades, and every open order. */
  async load(portfolioId: string, isWanted: () => boolean): Promise<void> {
    const query = { portfolio_id: portfolioId, page_size: ROWS_MAX };
    const [open, all, executions] = await Promise.all([
      get<OrderPage>("/api/v1/orders", { ...query, open_only: true }),
      get<OrderPage>("/api/v1/orders", query),
      get<ExecutionPage>("/api/v1/executions", { ...query, exec_type: "TRADE" }),
    ]);
    if (!isWanted()) return;
    for (const order of [...(all.orders ?? []), ...(open.orders ?? [])]) this.take(order);
    for (const report of executions.executions ?? []) this.trades.set(report.execution_id, report);
    this.touch();
  }

  private apply(report: ExecutionReport): void {
    if (report.exec_type === "TRADE") this.trades.set(report.execution_id, report);
    const position = BigInt(report.execution_id);
    const known = this.positions.get(report.order.order_id) ?? -1n;
    if (position <= known) return;
    this.positions.set(report.order.order_id, position);
    this.take(report.order);
  }

  /** From time to time, keeps only the newest trades, and the newest orders beside all that are open. */
  private forget(reportCount: number): void {
    this.sinceForgotten += reportCount;
    if (this.sinceForgotten < ROWS_MAX) return;
    this.sinceForgotten = 0;
    for (const old of this.executions().slice(ROWS_MAX)) this.trades.delete(old.execution_id);
    for (const old of this.history().slice(ROWS_MAX)) {
      if (isOpen(old)) continue;
      this.orders.delete(old.order_id);
      this.positions.delete(old.order_id);
    }
    this.touch();
  }
}

function descending<T>(left: T, right: T): number {
  return left < right ? 1 : left > right ? -1 : 0;
}
