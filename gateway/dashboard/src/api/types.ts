/** The JSON of the contract, as protobuf writes it: 64-bit integers are strings, empty fields may be left out. */

export type Side = "BUY" | "SELL";
export type OrderType = "LIMIT" | "MARKET";
export type TimeInForce = "DAY" | "GTC" | "IOC" | "FOK";
export type OrderStatus =
  "STATUS_UNSPECIFIED" | "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "REJECTED" | "EXPIRED";
export type ExecType = "EXEC_TYPE_UNSPECIFIED" | "NEW" | "TRADE" | "CANCELED" | "REPLACED" | "REJECTED" | "EXPIRED";
export type AssetType = "STOCK" | "BOND" | "ETF" | "REIT" | "MUTUAL_FUND" | "CRYPTO" | "FOREX" | "COMMODITY";
export type Interval = "SECOND_1" | "MINUTE_1" | "DAY_1";

export interface Instrument {
  symbol: string;
  name: string;
  asset_type: AssetType;
  currency: string;
  mic?: string;
  price_increment: string;
  quantity_increment: string;
  minimum_notional?: string;
  multiplier?: string;
  calendar?: string;
  reference_price?: string;
}

export interface Quote {
  symbol: string;
  bid_price?: string;
  bid_quantity?: string;
  ask_price?: string;
  ask_quantity?: string;
  last_price?: string;
  last_quantity?: string;
  last_time?: string;
  quote_time?: string;
  open_price?: string;
}

export interface Bar {
  symbol: string;
  interval: Interval;
  start_time: string;
  open: string;
  high: string;
  low: string;
  close: string;
  volume?: string;
  trade_count?: string;
  complete?: boolean;
}

export interface BookLevel {
  price: string;
  quantity: string;
  order_count?: number;
}

export interface Book {
  symbol: string;
  bids?: BookLevel[];
  asks?: BookLevel[];
  command?: string;
  time?: string;
}

export interface Trade {
  trade_id: string;
  price: string;
  quantity: string;
  aggressor_side: Side;
  time: string;
}

export interface BookUpdate extends Book {
  trades?: Trade[];
}

export interface RiskDecision {
  check?: string;
  scope?: string;
  limit?: string;
  used?: string;
  asked?: string;
  headroom?: string;
}

export interface Order {
  order_id: string;
  client_order_id: string;
  portfolio_id: string;
  strategy_id?: string;
  symbol: string;
  side: Side;
  order_type: OrderType;
  time_in_force: TimeInForce;
  post_only?: boolean;
  quantity: string;
  price?: string;
  status: OrderStatus;
  cum_quantity?: string;
  leaves_quantity?: string;
  average_price?: string;
  reason?: string;
  submit_time?: string;
  update_time?: string;
  risk_decision?: RiskDecision;
}

export interface ExecutionReport {
  execution_id: string;
  exec_type: ExecType;
  order: Order;
  last_quantity?: string;
  last_price?: string;
  liquidity?: "LIQUIDITY_UNSPECIFIED" | "ADDED" | "REMOVED";
  trade_id?: string;
  transact_time?: string;
}

export interface SubmitOrderRequest {
  client_order_id: string;
  portfolio_id: string;
  symbol: string;
  side: Side;
  order_type: OrderType;
  quantity: string;
  price?: string;
  time_in_force: TimeInForce;
  post_only?: boolean;
}

export interface ReplaceOrderRequest {
  portfolio_id: string;
  quantity?: string;
  price?: string;
}

export interface Portfolio {
  portfolio_id: string;
  desk_id?: string;
  name?: string;
  base_currency?: string;
  realized_pnl?: string;
  unrealized_pnl?: string;
  gross_exposure?: string;
  net_exposure?: string;
  missing?: string[];
}

export interface Position {
  portfolio_id: string;
  symbol: string;
  quantity: string;
  average_price?: string;
  realized_pnl?: string;
  unrealized_pnl?: string;
  currency?: string;
  mark_price?: string;
  market_value?: string;
  base_currency?: string;
  realized_pnl_base?: string;
  unrealized_pnl_base?: string;
  volume?: string;
  trade_count?: string;
}

export interface EngineStatus {
  shard?: number;
  epoch?: string;
  command_sequence?: string;
  event_sequence?: string;
  state_hash?: string;
  open_orders?: number;
  instruments?: number;
  projected_sequence?: string;
  start_time?: string;
  commands_per_second?: number;
}

export type ScopeLevel = "FIRM" | "DESK" | "PORTFOLIO" | "STRATEGY";
export type TradingStateName = "ACTIVE" | "REDUCING" | "HALTED";

export interface RiskScope {
  level: ScopeLevel;
  id?: string;
  symbol?: string;
}

export interface TradingStateRecord {
  scope: RiskScope;
  state: TradingStateName;
  comment?: string;
  updated_by?: string;
  update_time?: string;
  canceled_count?: number;
}

export interface RiskEvent {
  event_id: string;
  kind: "BREACH_PREVENTED" | "LIMIT_CHANGED" | "TRADING_STATE_CHANGED" | "KIND_UNSPECIFIED";
  severity?: "LOW" | "MEDIUM" | "HIGH" | "CRITICAL" | "SEVERITY_UNSPECIFIED";
  scope?: RiskScope;
  check?: string;
  limit?: string;
  used?: string;
  headroom?: string;
  asked?: string;
  order_id?: string;
  portfolio_id?: string;
  message?: string;
  event_time?: string;
}
