import type { Order, OrderStatus } from "../api/types";
import { desk } from "../state/desk";
import { price, quantity, UNKNOWN } from "../state/display";
import { fullTime, timeOfDay } from "../state/moments";

/** Cells that several tables share. */

export function TimeCell({ moment }: { moment: string | undefined }) {
  return (
    <td class="time" title={fullTime(moment)}>
      {timeOfDay(moment)}
    </td>
  );
}

export function SymbolCell({ symbol }: { symbol: string }) {
  return (
    <td class="symbol">
      <button type="button" class="link" title={`Show ${symbol}`} onClick={() => desk.showInstrument(symbol)}>
        {symbol}
      </button>
    </td>
  );
}

export function SideCell({ side }: { side: Order["side"] }) {
  return (
    <td class="side" data-side={side}>
      {side}
    </td>
  );
}

export function PriceCell({ symbol, value }: { symbol: string; value: string | undefined }) {
  return <td class="number">{price(value, desk.instruments.get(symbol)?.price_increment)}</td>;
}

export function QuantityCell({ value }: { value: string | undefined }) {
  return <td class="number">{quantity(value)}</td>;
}

export function TypeCell({ order }: { order: Order }) {
  return (
    <td class="kind">
      {order.order_type} <span>{order.time_in_force}</span>
      {order.post_only && <span title="Post only"> PO</span>}
    </td>
  );
}

const STATUS_NAMES: Record<OrderStatus, string> = {
  STATUS_UNSPECIFIED: UNKNOWN,
  NEW: "New",
  PARTIALLY_FILLED: "Partial",
  FILLED: "Filled",
  CANCELED: "Canceled",
  REJECTED: "Rejected",
  EXPIRED: "Expired",
};

export function StatusCell({ order, isOptional = false }: { order: Order; isOptional?: boolean }) {
  return (
    <td class={isOptional ? "status optional" : "status"} data-status={order.status} title={order.reason || undefined}>
      <span>{STATUS_NAMES[order.status]}</span>
      {order.reason && <small>{order.reason}</small>}
    </td>
  );
}

/** How much of the order has traded, as a number and a bar. */
export function FilledCell({ order }: { order: Order }) {
  const part = Number(order.cum_quantity || 0) / Number(order.quantity || 1);
  return (
    <td class="number filled">
      <i aria-hidden="true" style={{ transform: `scaleX(${Math.min(1, part)})` }} />
      {quantity(order.cum_quantity || "0")}
      <span>/{quantity(order.quantity)}</span>
    </td>
  );
}
