import { useState } from "preact/hooks";
import { replaceOrder } from "../api/calls";
import type { Order } from "../api/types";
import { desk } from "../state/desk";
import { stepped, stepProblem } from "../state/ticket";
import { Dialog } from "./dialog";
import { FailureNote } from "./failure-note";
import { useSending } from "./use-sending";

/** Changes price and total quantity of an order that rests. */
export function EditOrder({ order, onClose }: { order: Order; onClose: () => void }) {
  const [quantity, setQuantity] = useState(order.quantity);
  const [price, setPrice] = useState(order.price ?? "");
  const sending = useSending();
  const instrument = desk.instruments.get(order.symbol);
  const steps = { quantity: instrument?.quantity_increment ?? "1", price: instrument?.price_increment ?? "0.01" };
  const problem = stepProblem("quantity", quantity, steps.quantity) ?? stepProblem("price", price, steps.price);

  const send = async (): Promise<void> => {
    desk.blotter.take(await replaceOrder(order, { quantity: quantity.trim(), price: price.trim() }));
    onClose();
  };
  return (
    <Dialog
      title={`Change ${order.side.toLowerCase()} order in ${order.symbol}`}
      tone={order.side}
      onClose={onClose}
      onSubmit={() => void (problem ?? sending.run(send))}
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
      {sending.failure && <FailureNote error={sending.failure} instrument={instrument} />}
      <Actions side={order.side} isReady={problem === null && !sending.isSending} onClose={onClose} />
    </Dialog>
  );
}

interface ActionsProps {
  side: Order["side"];
  isReady: boolean;
  onClose: () => void;
}

function Actions({ side, isReady, onClose }: ActionsProps) {
  return (
    <div class="dialog-actions">
      <button type="button" onClick={onClose}>
        Keep as it is <kbd>Esc</kbd>
      </button>
      <button type="submit" class="primary" data-side={side} data-testid="edit-send" disabled={!isReady}>
        Change order <kbd>Enter</kbd>
      </button>
    </div>
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
