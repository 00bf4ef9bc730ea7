import type { Side } from "../api/types";
import { desk } from "../state/desk";
import { price } from "../state/display";
import { useStores } from "../state/hooks";

/** Buy or sell, each with the price that it would meet. */
export function SideChoice() {
  return (
    <div class="side-choice" role="radiogroup" aria-label="Side">
      <SideButton side="BUY" name="Buy" />
      <SideButton side="SELL" name="Sell" />
    </div>
  );
}

function SideButton({ side, name }: { side: Side; name: string }) {
  useStores([desk.draft, desk.quotes, desk.symbol], 50);
  const quote = desk.quotes.get(desk.symbol.value);
  const increment = desk.instruments.get(desk.symbol.value)?.price_increment;
  const isChosen = desk.draft.value.side === side;
  return (
    <button
      type="button"
      role="radio"
      aria-checked={isChosen}
      tabIndex={isChosen ? 0 : -1}
      data-side={side}
      data-testid={`ticket-side-${side}`}
      onClick={() => desk.changeDraft({ side })}
      onKeyDown={moveByKey}
    >
      <b>{name}</b>
      <span>{price(side === "BUY" ? quote?.ask_price : quote?.bid_price, increment)}</span>
    </button>
  );
}

function moveByKey(event: KeyboardEvent): void {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  const side: Side = event.key === "ArrowLeft" ? "BUY" : "SELL";
  desk.changeDraft({ side });
  document.querySelector<HTMLElement>(`[data-testid=ticket-side-${side}]`)?.focus();
}
