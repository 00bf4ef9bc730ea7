import { useEffect, useState } from "preact/hooks";
import type { OrderType, TimeInForce } from "../api/types";
import { desk } from "../state/desk";
import { money, price, quantity, UNKNOWN } from "../state/display";
import { useStores } from "../state/hooks";
import { covers } from "../state/risk";
import { allowsPostOnly, type Draft, notionalOf, problemsOf, timesInForce } from "../state/ticket";
import { ConfirmOrder } from "./confirm-order";
import { Panel } from "./panel";
import { SideChoice } from "./side-choice";
import { StepField } from "./step-field";

/** Where an order is written. Nothing is sent before the confirmation. */
export function Ticket() {
  return (
    <Panel title="Order ticket" name="ticket" feed="quotes">
      <TicketForm />
    </Panel>
  );
}

function TicketForm() {
  useStores([desk.draft, desk.symbol, desk.instruments, desk.portfolioId]);
  const [isConfirming, setConfirming] = useState(false);
  const [showsProblems, setShowsProblems] = useState(false);
  useEffect(() => setShowsProblems(false), [desk.symbol.value]);
  const instrument = desk.instruments.get(desk.symbol.value);
  if (instrument === undefined) return <p class="empty">No instrument is chosen.</p>;
  const draft = desk.draft.value;
  const shown = showsProblems ? problemsOf(draft, instrument) : [];
  const review = (event: Event): void => {
    event.preventDefault();
    setShowsProblems(true);
    // The newest draft counts, painted or not: Enter may come in the same frame as the last change.
    const [first] = problemsOf(desk.draft.value, instrument);
    if (first !== undefined) document.getElementById(`ticket-${first.field}`)?.focus();
    else if (desk.portfolioId.value !== "") setConfirming(true);
  };
  const closeConfirmation = (): void => {
    setConfirming(false);
    setShowsProblems(false);
  };
  return (
    <>
      <form class="ticket" onSubmit={review} noValidate data-side={draft.side}>
        <SideChoice />
        <div class="field-pair">
          <TypeField />
          <TimeField />
        </div>
        <StepField field="quantity" problem={shown.find((item) => item.field === "quantity")} />
        {draft.orderType === "LIMIT" && (
          <StepField field="price" problem={shown.find((item) => item.field === "price")} />
        )}
        <PostOnly />
        <Summary />
        <Foot draft={draft} symbol={instrument.symbol} />
      </form>
      {isConfirming && <ConfirmOrder instrument={instrument} onClose={closeConfirmation} />}
    </>
  );
}

function Foot({ draft, symbol }: { draft: Draft; symbol: string }) {
  return (
    <div class="ticket-foot">
      <HaltNote />
      <button type="submit" class="submit" data-testid="ticket-submit">
        Review {draft.side === "BUY" ? "buy" : "sell"} {symbol}
      </button>
    </div>
  );
}

function TypeField() {
  return (
    <label class="field">
      <span>Type</span>
      <select
        data-testid="ticket-type"
        value={desk.draft.value.orderType}
        onChange={(event) => desk.changeDraft({ orderType: event.currentTarget.value as OrderType })}
      >
        <option value="LIMIT">Limit</option>
        <option value="MARKET">Market</option>
      </select>
    </label>
  );
}

const TIME_TITLES: Record<TimeInForce, string> = {
  DAY: "Expires at the end of the trading day",
  GTC: "Rests until it is cancelled",
  IOC: "What does not trade at once is cancelled",
  FOK: "Trades whole at once or not at all",
};

function TimeField() {
  const { orderType, timeInForce } = desk.draft.value;
  return (
    <label class="field" title={TIME_TITLES[timeInForce]}>
      <span>Time in force</span>
      <select
        data-testid="ticket-tif"
        value={timeInForce}
        onChange={(event) => desk.changeDraft({ timeInForce: event.currentTarget.value as TimeInForce })}
      >
        {timesInForce(orderType).map((time) => (
          <option key={time} value={time} title={TIME_TITLES[time]}>
            {time}
          </option>
        ))}
      </select>
    </label>
  );
}

function PostOnly() {
  const draft = desk.draft.value;
  return (
    <label class="check" title="Refused rather than take liquidity. For limit orders that may rest: DAY and GTC.">
      <input
        type="checkbox"
        data-testid="ticket-post-only"
        checked={draft.postOnly}
        disabled={!allowsPostOnly(draft)}
        onChange={(event) => desk.changeDraft({ postOnly: event.currentTarget.checked })}
      />
      Post only
    </label>
  );
}

/** What the order is worth, and what the portfolio holds already. */
function Summary() {
  useStores([desk.draft, desk.quotes, desk.positions, desk.symbol], 100);
  const instrument = desk.instruments.get(desk.symbol.value);
  if (instrument === undefined) return null;
  const notional = notionalOf(desk.draft.value, instrument, desk.quotes.get(instrument.symbol));
  const position = desk.positions.get(instrument.symbol);
  return (
    <dl class="summary">
      <div>
        <dt>Notional</dt>
        <dd data-testid="ticket-notional">
          {notional === null
            ? UNKNOWN
            : `${notional.isEstimate ? "≈ " : ""}${money(notional.value)} ${instrument.currency}`}
        </dd>
      </div>
      <div>
        <dt>Position</dt>
        <dd>
          {position === undefined ? "0" : quantity(position.quantity)}
          {position?.average_price ? ` @ ${price(position.average_price, instrument.price_increment)}` : ""}
        </dd>
      </div>
    </dl>
  );
}

function HaltNote() {
  useStores([desk.risk, desk.portfolioId, desk.symbol]);
  const deskId = desk.portfolio()?.desk_id ?? "";
  const record = desk.risk
    .restricted()
    .find((item) => covers(item.scope, desk.portfolioId.value, deskId, desk.symbol.value));
  if (record === undefined) return null;
  const words = record.state === "HALTED" ? "Halted: new orders are refused." : "Reducing: only smaller positions.";
  return (
    <p class="note" role="status">
      {words}
    </p>
  );
}
