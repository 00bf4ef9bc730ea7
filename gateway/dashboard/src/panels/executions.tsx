import type { ExecutionReport } from "../api/types";
import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { fullTime, preciseTime } from "../state/moments";
import { PriceCell, QuantityCell, SideCell, SymbolCell } from "./order-cells";

const PAINT_MS = 200;
const ROWS_MAX = 200;

/** Every trade of the portfolio. */
export function Executions() {
  useStores([desk.blotter, desk.instruments], PAINT_MS);
  const executions = desk.blotter.executions().slice(0, ROWS_MAX);
  if (executions.length === 0) return <p class="empty">No executions yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>Time</th>
          <th>Symbol</th>
          <th>Side</th>
          <th class="number">Quantity</th>
          <th class="number">Price</th>
          <th>Liquidity</th>
          <th>Trade</th>
        </tr>
      </thead>
      <tbody>
        {executions.map((report) => (
          <Row key={report.execution_id} report={report} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ report }: { report: ExecutionReport }) {
  const { order } = report;
  const liquidity = report.liquidity === "ADDED" ? "Added" : report.liquidity === "REMOVED" ? "Removed" : "–";
  return (
    <tr data-testid="execution-row" data-symbol={order.symbol} data-side={order.side} title={order.client_order_id}>
      <td class="time" title={fullTime(report.transact_time)}>
        {preciseTime(report.transact_time)}
      </td>
      <SymbolCell symbol={order.symbol} />
      <SideCell side={order.side} />
      <QuantityCell value={report.last_quantity} />
      <PriceCell symbol={order.symbol} value={report.last_price} />
      <td class="kind">{liquidity}</td>
      <td class="identifier">{report.trade_id || "–"}</td>
    </tr>
  );
}
