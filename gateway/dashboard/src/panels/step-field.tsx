import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { type Problem, stepped } from "../state/ticket";

interface StepFieldProps {
  field: "quantity" | "price";
  problem: Problem | undefined;
}

const NAMES = { quantity: "Quantity", price: "Price" };

/** A decimal that the arrow keys move by the instrument's increment, by ten of them with Shift. */
export function StepField({ field, problem }: StepFieldProps) {
  useStores([desk.quotes, desk.draft], 200);
  const increment = incrementOf(field);
  const id = `ticket-${field}`;
  return (
    <div class="field" data-wrong={problem !== undefined}>
      <label for={id}>
        {NAMES[field]} <small>step {increment}</small>
      </label>
      <div class="stepper">
        <button type="button" tabIndex={-1} aria-label={`Less ${field}`} onClick={() => move(field, -1)}>
          −
        </button>
        <input
          id={id}
          data-testid={id}
          inputMode="decimal"
          autocomplete="off"
          spellcheck={false}
          placeholder={placeholder(field)}
          value={desk.draft.value[field]}
          aria-invalid={problem !== undefined}
          aria-describedby={problem && `${id}-problem`}
          onInput={(event) => desk.changeDraft({ [field]: event.currentTarget.value })}
          onKeyDown={(event) => stepByKey(event, field)}
        />
        <button type="button" tabIndex={-1} aria-label={`More ${field}`} onClick={() => move(field, 1)}>
          +
        </button>
      </div>
      {problem && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem.message}
        </p>
      )}
    </div>
  );
}

function incrementOf(field: "quantity" | "price"): string {
  const instrument = desk.instruments.get(desk.symbol.value);
  return (field === "price" ? instrument?.price_increment : instrument?.quantity_increment) ?? "1";
}

/** Where the arrows start from when the price is empty: the best price on the order's own side. */
function bestPrice(): string | undefined {
  const quote = desk.quotes.get(desk.symbol.value);
  return (desk.draft.value.side === "BUY" ? quote?.bid_price : quote?.ask_price) || undefined;
}

function placeholder(field: "quantity" | "price"): string {
  return field === "price" ? (bestPrice() ?? "") : "";
}

function move(field: "quantity" | "price", count: number): void {
  const start = field === "price" ? bestPrice() : undefined;
  desk.changeDraft({ [field]: stepped(desk.draft.value[field], incrementOf(field), count, start) });
}

function stepByKey(event: KeyboardEvent, field: "quantity" | "price"): void {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  event.preventDefault();
  move(field, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1));
}
