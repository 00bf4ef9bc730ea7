import { call, get } from "./http";
import type {
  Order,
  Portfolio,
  ReplaceOrderRequest,
  RiskScope,
  SubmitOrderRequest,
  TradingStateName,
  TradingStateRecord,
} from "./types";

/** Every call that changes something, and the small reads. */

export function submitOrder(request: SubmitOrderRequest): Promise<Order> {
  return call<Order>("POST", "/api/v1/orders", request);
}

export function cancelOrder(order: Order): Promise<Order> {
  const body = { order_id: order.order_id, portfolio_id: order.portfolio_id };
  return call<Order>("POST", "/api/v1/orders:cancel", body);
}

export function replaceOrder(order: Order, change: Omit<ReplaceOrderRequest, "portfolio_id">): Promise<Order> {
  const body = { order_id: order.order_id, portfolio_id: order.portfolio_id, ...change };
  return call<Order>("POST", "/api/v1/orders:replace", body);
}

export async function cancelAll(portfolioId: string, symbol = ""): Promise<number> {
  const body = { portfolio_id: portfolioId, ...(symbol ? { symbol } : {}) };
  const answer = await call<{ canceled_count?: number }>("POST", "/api/v1/orders:massCancel", body);
  return answer.canceled_count ?? 0;
}

export async function listPortfolios(): Promise<Portfolio[]> {
  const answer = await get<{ portfolios?: Portfolio[] }>("/api/v1/portfolios", { page_size: 1000 });
  return answer.portfolios ?? [];
}

export async function killSwitch(
  scope: RiskScope,
  comment: string,
  id: string,
): Promise<TradingStateRecord | undefined> {
  const body = { request_id: id, scope, comment };
  const answer = await call<{ record?: TradingStateRecord }>("POST", "/api/v1/risk:killSwitch", body);
  return answer.record;
}

export function setTradingState(
  scope: RiskScope,
  state: TradingStateName,
  comment: string,
): Promise<TradingStateRecord> {
  const body = { request_id: crypto.randomUUID(), scope, state, comment };
  return call<TradingStateRecord>("PUT", "/api/v1/risk/trading-states", body);
}
