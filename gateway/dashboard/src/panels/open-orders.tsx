import { useState } from "preact/hooks";
import { cancelAll, cancelOrder } from "../api/calls";
import { ApiError } from "../api/errors";
import type { Order } from "../api/types";
import { desk } from "../state/desk";
import { counted } from "../state/display";
import { useStores } from "../state/hooks";
import { explain } from "../state/reasons";
import { Dialog } from "./dialog";
import { EditOrder } from "./edit-order";
import { FilledCell, PriceCell, SideCell, StatusCell, SymbolCell, TimeCell, TypeCell } from "./order-cells";

const PAINT_MS = 100;
const ROWS_MAX = 200;

/** Says in a notice why a call failed. */
function complain(cause: unknown): void {
  if (!(cause instanceof ApiError)) throw cause;
  const { reason, message, advice } = explain(cause);
  desk.notices.say(`${reason}: ${message} ${advice}`, "bad");
}

/** Orders that may still trade, each with its cancel button. */
export function OpenOrders() {
  useStores([desk.blotter, desk.instruments], PAINT_MS);
  const [edited, setEdited] = useState<Order | null>(null);
  const orders = desk.blotter.openOrders();
  const hiddenCount = orders.length - ROWS_MAX;
  if (orders.length === 0) return <p class="empty">No open orders.</p>;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th>Time</th>
            <th>Symbol</th>
            <th>Side</th>
            <th>Type</th>
            <th class="number">Filled</th>
            <th class="number">Price</th>
            <th class="optional">Status</th>
            <th aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {orders.slice(0, ROWS_MAX).map((order) => (
            <Row key={order.order_id} order={order} onEdit={() => setEdited(order)} />
          ))}
        </tbody>
      </table>
      {hiddenCount > 0 && <p class="empty">and {hiddenCount} older ones, open as well</p>}
      {edited && <EditOrder order={edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function Row({ order, onEdit }: { order: Order; onEdit: () => void }) {
  const name = `${order.side} ${order.symbol} at ${order.price || "market"}`;
  return (
    <tr data-testid={`order-row-${order.client_order_id}`} data-status={order.status} title={order.client_order_id}>
      <TimeCell moment={order.submit_time} />
      <SymbolCell symbol={order.symbol} />
      <SideCell side={order.side} />
      <TypeCell order={order} />
      <FilledCell order={order} />
      <PriceCell symbol={order.symbol} value={order.price} />
      <StatusCell order={order} isOptional />
      <td class="actions">
        <button type="button" class="small" aria-label={`Change order ${name}`} onClick={onEdit}>
          Edit
        </button>
        <button
          type="button"
          class="small"
          data-testid={`cancel-${order.client_order_id}`}
          aria-label={`Cancel order ${name}`}
          onClick={() => void cancelOrder(order).then((answer) => desk.blotter.take(answer), complain)}
        >
          Cancel
        </button>
      </td>
    </tr>
  );
}

/** Cancels every open order of the portfolio, after one question. */
export function CancelAll({ count }: { count: number }) {
  const [isAsking, setAsking] = useState(false);
  const portfolioId = desk.portfolioId.value;
  const cancel = (): void => {
    setAsking(false);
    cancelAll(portfolioId).then(
      (canceled) => desk.notices.say(`${counted(canceled, "order")} cancelled`, "good"),
      complain,
    );
  };
  return (
    <>
      <button type="button" class="small danger" data-testid="cancel-all" onClick={() => setAsking(true)}>
        Cancel all
      </button>
      {isAsking && (
        <Dialog title="Cancel all open orders?" tone="danger" onClose={() => setAsking(false)} onSubmit={cancel}>
          <p>
            This cancels every open order of portfolio <b>{portfolioId}</b>, in all instruments: {count} now.
          </p>
          <div class="dialog-actions">
            <button type="button" onClick={() => setAsking(false)}>
              Keep them <kbd>Esc</kbd>
            </button>
            <button type="submit" class="primary danger" data-testid="cancel-all-confirm" autofocus>
              Cancel all <kbd>Enter</kbd>
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
