import type { RiskEvent } from "../api/types";
import { desk } from "../state/desk";
import { quantity } from "../state/display";
import { useStores } from "../state/hooks";
import { scopeName } from "../state/risk";
import { TimeCell } from "./order-cells";

const PAINT_MS = 200;
const ROWS_MAX = 100;

const KIND_NAMES: Record<RiskEvent["kind"], string> = {
  KIND_UNSPECIFIED: "–",
  BREACH_PREVENTED: "Prevented",
  LIMIT_CHANGED: "Limit",
  TRADING_STATE_CHANGED: "State",
};

/** What risk prevented or changed, firm-wide, with the limit, the used part and the headroom. */
export function RiskEvents() {
  useStores([desk.risk], PAINT_MS);
  const events = desk.risk.events().slice(0, ROWS_MAX);
  if (events.length === 0) return <p class="empty">Risk has prevented and changed nothing yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>Time</th>
          <th>Event</th>
          <th>Scope</th>
          <th>Check</th>
          <th class="number">Limit</th>
          <th class="number">Used</th>
          <th class="number">Headroom</th>
          <th>Message</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <Row key={event.event_id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ event }: { event: RiskEvent }) {
  return (
    <tr data-testid="risk-event-row" data-severity={event.severity}>
      <TimeCell moment={event.event_time} />
      <td class="kind">{KIND_NAMES[event.kind]}</td>
      <td>{scopeName(event.scope)}</td>
      <td class="identifier">{event.check || "–"}</td>
      <td class="number">{quantity(event.limit)}</td>
      <td class="number">{quantity(event.used)}</td>
      <td class="number">{quantity(event.headroom)}</td>
      <td class="message" title={event.message}>
        {event.message}
      </td>
    </tr>
  );
}
