import { useEffect, useRef } from "preact/hooks";
import { submitOrder } from "../api/calls";
import { ApiError } from "../api/errors";
import type { Instrument, Order, SubmitOrderRequest } from "../api/types";
import { desk } from "../state/desk";
import { money, price, quantity } from "../state/display";
import { notionalOf, OrderName, requestOf } from "../state/ticket";
import { Dialog } from "./dialog";
import { FailureNote } from "./failure-note";
import { type Sending, useSending } from "./use-sending";

const orderName = new OrderName();

interface ConfirmOrderProps {
  instrument: Instrument;
  onClose: () => void;
}

/** Shows precisely what will be sent, and sends it. Enter confirms, Esc cancels. */
export function ConfirmOrder({ instrument, onClose }: ConfirmOrderProps) {
  const sending = useSending();
  const { current: request } = useRef(currentRequest(instrument.symbol));
  const send = async (): Promise<void> => {
    accepted(await settled(submitOrder(request)));
    onClose();
  };
  return (
    <Dialog
      title={`${request.side === "BUY" ? "Buy" : "Sell"} ${instrument.symbol}?`}
      tone={request.side}
      testId="confirm-order"
      onClose={onClose}
      onSubmit={() => void (isRefused(sending.failure) || sending.run(send))}
    >
      <Sentence request={request} instrument={instrument} />
      <Fields request={request} />
      {sending.failure && <FailureNote error={sending.failure} instrument={instrument} />}
      <Actions sending={sending} side={request.side} onClose={onClose} />
    </Dialog>
  );
}

interface ActionsProps {
  sending: Sending;
  side: SubmitOrderRequest["side"];
  onClose: () => void;
}

/** What Enter would do has the focus: send, send again, or go back to the ticket. */
function Actions({ sending: { isSending, failure }, side, onClose }: ActionsProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const last = element.current?.lastElementChild;
    if (last instanceof HTMLElement) last.focus();
  }, [isSending, failure]);
  return (
    <div class="dialog-actions" ref={element}>
      <button type="button" onClick={onClose}>
        {isRefused(failure) ? "Back to the ticket" : "Cancel"} <kbd>Esc</kbd>
      </button>
      {!isRefused(failure) && (
        <button
          type="submit"
          class="primary"
          data-testid="confirm-send"
          data-side={side}
          disabled={isSending}
          autofocus
        >
          {isSending ? "Sending…" : failure ? "Send again" : "Send order"} <kbd>Enter</kbd>
        </button>
      )}
    </div>
  );
}

function currentRequest(symbol: string): SubmitOrderRequest {
  const [draft, portfolioId] = [desk.draft.value, desk.portfolioId.value];
  return requestOf(draft, portfolioId, symbol, orderName.nameOf(draft, portfolioId, symbol));
}

function isRefused(error: ApiError | null): boolean {
  return error !== null && !error.outcomeIsUnknown;
}

/** Passes an answer on, and notes that the server has decided unless it is not known whether it did. */
async function settled(answer: Promise<Order>): Promise<Order> {
  try {
    const order = await answer;
    orderName.settled();
    return order;
  } catch (cause) {
    if (cause instanceof ApiError && isRefused(cause)) orderName.settled();
    throw cause;
  }
}

function accepted(order: Order): void {
  desk.blotter.take(order);
  desk.changeDraft({ quantity: "" });
  const increment = desk.instruments.get(order.symbol)?.price_increment;
  const average = order.average_price;
  const parts = [
    `${order.side} ${quantity(order.quantity)} ${order.symbol}: ${order.status.toLowerCase().replace("_", " ")}`,
    average ? `${quantity(order.cum_quantity)} at ${price(average, increment)}` : "",
    order.reason ?? "",
  ];
  desk.notices.say(parts.filter(Boolean).join(" · "), order.status === "REJECTED" ? "bad" : "good");
}

function Sentence({ request, instrument }: { request: SubmitOrderRequest; instrument: Instrument }) {
  const notional = notionalOf(desk.draft.value, instrument, desk.quotes.get(instrument.symbol));
  return (
    <p class="order-sentence">
      <b data-side={request.side}>{request.side}</b> {quantity(request.quantity)} {request.symbol}{" "}
      {request.price ? `at ${request.price}` : "at the market"}
      {notional && (
        <small>
          {notional.isEstimate ? "about " : ""}
          {money(notional.value)} {instrument.currency}
        </small>
      )}
    </p>
  );
}

/** The request, field by field, as it goes over the wire. */
function Fields({ request }: { request: SubmitOrderRequest }) {
  return (
    <dl class="request-fields">
      {Object.entries(request).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
