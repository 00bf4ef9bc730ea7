import { useEffect, useRef, useState } from "preact/hooks";
import { submitOrder } from "../api/calls";
import { ApiError } from "../api/errors";
import type { Instrument, Order, SubmitOrderRequest } from "../api/types";
import { desk } from "../state/desk";
import { money, price, quantity } from "../state/display";
import { notionalOf, OrderName, requestOf } from "../state/ticket";
import { Dialog } from "./dialog";
import { FailureNote } from "./failure-note";

const orderName = new OrderName();

interface ConfirmOrderProps {
  instrument: Instrument;
  onClose: () => void;
}

/** Shows precisely what will be sent, and sends it. Enter confirms, Esc cancels. */
export function ConfirmOrder({ instrument, onClose }: ConfirmOrderProps) {
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const request = useRef(currentRequest(instrument.symbol));
  const sendButton = useRef<HTMLButtonElement>(null);
  useEffect(() => sendButton.current?.focus(), [isSending]);

  const send = async (): Promise<void> => {
    if (isSending || isRefused(failure)) return;
    setSending(true);
    setFailure(null);
    try {
      accepted(await submitOrder(request.current));
      onClose();
    } catch (cause) {
      setSending(false);
      setFailure(decided(cause));
    }
  };
  return (
    <Dialog
      title={`${request.current.side === "BUY" ? "Buy" : "Sell"} ${instrument.symbol}?`}
      tone={request.current.side}
      testId="confirm-order"
      onClose={onClose}
      onSubmit={() => void send()}
    >
      <Sentence request={request.current} instrument={instrument} />
      <Fields request={request.current} />
      {failure && <FailureNote error={failure} instrument={instrument} />}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          {isRefused(failure) ? "Back to the ticket" : "Cancel"} <kbd>Esc</kbd>
        </button>
        {!isRefused(failure) && (
          <button
            ref={sendButton}
            type="submit"
            class="primary"
            data-testid="confirm-send"
            data-side={request.current.side}
            disabled={isSending}
          >
            {isSending ? "Sending…" : failure ? "Send again" : "Send order"} <kbd>Enter</kbd>
          </button>
        )}
      </div>
    </Dialog>
  );
}

function currentRequest(symbol: string): SubmitOrderRequest {
  const [draft, portfolioId] = [desk.draft.value, desk.portfolioId.value];
  return requestOf(draft, portfolioId, symbol, orderName.nameOf(draft, portfolioId, symbol));
}

function isRefused(error: ApiError | null): boolean {
  return error !== null && !error.outcomeIsUnknown;
}

/** Notes that the server decided, unless it is not known whether it did. */
function decided(cause: unknown): ApiError | null {
  if (!(cause instanceof ApiError)) throw cause;
  if (!cause.outcomeIsUnknown) orderName.settled();
  return cause;
}

function accepted(order: Order): void {
  orderName.settled();
  desk.blotter.take(order);
  desk.changeDraft({ quantity: "" });
  const increment = desk.instruments.get(order.symbol)?.price_increment;
  const what = `${order.side} ${quantity(order.quantity)} ${order.symbol}`;
  const filled = order.average_price
    ? ` · ${quantity(order.cum_quantity)} at ${price(order.average_price, increment)}`
    : "";
  const tone = order.status === "REJECTED" ? "bad" : "good";
  desk.notices.say(
    `${what}: ${order.status.toLowerCase().replace("_", " ")}${filled}${order.reason ? ` · ${order.reason}` : ""}`,
    tone,
  );
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
