import type { Position } from "../api/types";
import * as decimal from "../state/decimal";
import { desk } from "../state/desk";
import { directionOf, money, profit } from "../state/display";
import { useStores } from "../state/hooks";
import { isFlat } from "../state/positions";
import { Panel } from "./panel";
import { PriceCell, QuantityCell, SymbolCell } from "./order-cells";

const PAINT_MS = 200;

/** What the portfolio holds, and what that has made or lost. What is not known is shown as a dash. */
export function Positions() {
  return (
    <Panel title="Positions" name="positions" feed="positions">
      <div class="table-area" tabIndex={0} role="region" aria-label="Positions, scrollable">
        <Table />
      </div>
    </Panel>
  );
}

function Table() {
  useStores([desk.positions, desk.instruments], PAINT_MS);
  const positions = desk.positions.all();
  if (positions.length === 0) return <p class="empty">No positions yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>Symbol</th>
          <th class="number">Quantity</th>
          <th class="number">Average</th>
          <th class="number">Mark</th>
          <th class="number optional">Value</th>
          <th class="number">Unrealised</th>
          <th class="number">Realised</th>
          <th aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {positions.map((position) => (
          <Row key={position.symbol} position={position} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ position }: { position: Position }) {
  const flat = isFlat(position);
  return (
    <tr data-testid={`position-${position.symbol}`} data-quantity={position.quantity} data-flat={flat}>
      <SymbolCell symbol={position.symbol} />
      <QuantityCell value={position.quantity} />
      <PriceCell symbol={position.symbol} value={position.average_price} />
      <PriceCell symbol={position.symbol} value={position.mark_price} />
      <td class="number optional">{money(position.market_value)}</td>
      <ProfitCell value={position.unrealized_pnl} currency={position.currency} />
      <ProfitCell value={position.realized_pnl} currency={position.currency} />
      <td class="actions">
        {!flat && (
          <button
            type="button"
            class="small"
            title="Fill the ticket with the order that closes this position"
            onClick={() => prepareClose(position)}
          >
            Close
          </button>
        )}
      </td>
    </tr>
  );
}

function ProfitCell({ value, currency }: { value: string | undefined; currency: string | undefined }) {
  return (
    <td class="number profit" data-direction={directionOf(value)} title={currency}>
      {profit(value)}
    </td>
  );
}

/** Writes the closing order into the ticket; sending it stays the trader's choice. */
function prepareClose(position: Position): void {
  const quantity = decimal.parse(position.quantity);
  if (quantity === null) return;
  desk.showInstrument(position.symbol);
  const side = quantity.units > 0n ? "SELL" : "BUY";
  desk.changeDraft({ side, orderType: "MARKET", quantity: decimal.plain(decimal.absolute(quantity)) });
}
