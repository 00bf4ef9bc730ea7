import { useEffect } from "preact/hooks";
import type { Interval } from "../api/types";
import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { toggleTheme } from "../state/preferences";
import { Cell } from "../state/store";
import { Dialog } from "./dialog";

const KEYS: [string, string][] = [
  ["/", "search instruments"],
  ["↑ ↓", "walk through the instruments; in a price or quantity: one step, with Shift ten"],
  ["B  S", "buy or sell: sets the side and goes to the quantity"],
  ["Enter", "review the order; in the dialog: send it"],
  ["Esc", "close the dialog, send nothing"],
  ["1 2 3", "bars of a second, a minute, a day"],
  ["T", "light or dark"],
  ["?", "this list"],
];

const INTERVALS: Record<string, Interval> = { "1": "SECOND_1", "2": "MINUTE_1", "3": "DAY_1" };

const isOpen = new Cell(false);

export function ShortcutsButton() {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label="Keys of the page"
      title="Keys  ?"
      onClick={() => isOpen.set(true)}
    >
      ?
    </button>
  );
}

/** The keys of the page, and the list of them. */
export function Shortcuts() {
  useStores([isOpen]);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!isForPage(event)) return;
      if (event.key === "?") isOpen.set(true);
      else if (!act(event.key)) return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  if (!isOpen.value) return null;
  const close = (): void => isOpen.set(false);
  return (
    <Dialog title="Keys" onClose={close} onSubmit={close}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-actions">
        <button type="submit" autofocus>
          Close <kbd>Esc</kbd>
        </button>
      </div>
    </Dialog>
  );
}

/** A key in a field or a dialog belongs to these. */
function isForPage(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector("dialog[open]") !== null) return false;
  return !(event.target instanceof Element && event.target.closest("input, select, textarea") !== null);
}

function act(key: string): boolean {
  const interval = INTERVALS[key];
  if (interval !== undefined) desk.showInterval(interval);
  else if (key === "/") document.getElementById("instrument-search")?.focus();
  else if (key === "t" || key === "T") toggleTheme();
  else if (key === "b" || key === "B") startOrder("BUY");
  else if (key === "s" || key === "S") startOrder("SELL");
  else return false;
  return true;
}

function startOrder(side: "BUY" | "SELL"): void {
  desk.changeDraft({ side });
  const field = document.getElementById("ticket-quantity");
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.select();
  }
}
