import type { Order } from "../api/types";
import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { FilledCell, PriceCell, SideCell, StatusCell, SymbolCell, TimeCell, TypeCell } from "./order-cells";

const PAINT_MS = 200;
const ROWS_MAX = 200;

/** Every order, whatever became of it. */
export function OrderHistory() {
  useStores([desk.blotter, desk.instruments], PAINT_MS);
  const orders = desk.blotter.history().slice(0, ROWS_MAX);
  if (orders.length === 0) return <p class="empty">No orders yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>Time</th>
          <th>Symbol</th>
          <th>Side</th>
          <th>Type</th>
          <th class="number">Filled</th>
          <th class="number">Price</th>
          <th class="number">Average</th>
          <th>Status</th>
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <Row key={order.order_id} order={order} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ order }: { order: Order }) {
  return (
    <tr data-testid={`order-row-${order.client_order_id}`} data-status={order.status} title={order.client_order_id}>
      <TimeCell moment={order.submit_time} />
      <SymbolCell symbol={order.symbol} />
      <SideCell side={order.side} />
      <TypeCell order={order} />
      <FilledCell order={order} />
      <PriceCell symbol={order.symbol} value={order.price} />
      <PriceCell symbol={order.symbol} value={order.average_price} />
      <StatusCell order={order} />
    </tr>
  );
}
