import { useState } from "preact/hooks";
import { replaceOrder } from "../api/calls";
import { ApiError } from "../api/errors";
import type { Order } from "../api/types";
import { desk } from "../state/desk";
import { stepped, stepProblem } from "../state/ticket";
import { Dialog } from "./dialog";
import { FailureNote } from "./failure-note";

/** Changes price and total quantity of an order that rests. */
export function EditOrder({ order, onClose }: { order: Order; onClose: () => void }) {
  const [quantity, setQuantity] = useState(order.quantity);
  const [price, setPrice] = useState(order.price ?? "");
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const instrument = desk.instruments.get(order.symbol);
  const steps = { quantity: instrument?.quantity_increment ?? "1", price: instrument?.price_increment ?? "0.01" };
  const problem = stepProblem("quantity", quantity, steps.quantity) ?? stepProblem("price", price, steps.price);

  const send = async (): Promise<void> => {
    if (problem !== null || isSending) return;
    setSending(true);
    try {
      desk.blotter.take(await replaceOrder(order, { quantity: quantity.trim(), price: price.trim() }));
      onClose();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      setFailure(cause);
      setSending(false);
    }
  };
  return (
    <Dialog
      title={`Change ${order.side.toLowerCase()} order in ${order.symbol}`}
      tone={order.side}
      onClose={onClose}
      onSubmit={() => void send()}
    >
      <div class="field-pair">
        <EditField name="Total quantity" value={quantity} increment={steps.quantity} onChange={setQuantity} />
        <EditField name="Price" value={price} increment={steps.price} onChange={setPrice} />
      </div>
      <p class="hint">A smaller quantity keeps the place in the queue; anything else loses it and may trade at once.</p>
      {problem && (
        <p class="problem" role="alert">
          {problem.message}
        </p>
      )}
      {failure && <FailureNote error={failure} instrument={instrument} />}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Keep as it is <kbd>Esc</kbd>
        </button>
        <button
          type="submit"
          class="primary"
          data-side={order.side}
          data-testid="edit-send"
          disabled={problem !== null || isSending}
        >
          {isSending ? "Sending…" : "Change order"} <kbd>Enter</kbd>
        </button>
      </div>
    </Dialog>
  );
}

interface EditFieldProps {
  name: string;
  value: string;
  increment: string;
  onChange: (value: string) => void;
}

function EditField({ name, value, increment, onChange }: EditFieldProps) {
  const step = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    onChange(stepped(value, increment, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1)));
  };
  return (
    <label class="field">
      <span>
        {name} <small>step {increment}</small>
      </span>
      <input
        inputMode="decimal"
        autocomplete="off"
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={step}
      />
    </label>
  );
}
