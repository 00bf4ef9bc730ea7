import { useEffect, useState } from "preact/hooks";
import type { Interval } from "../api/types";
import { desk } from "../state/desk";
import { toggleTheme } from "../state/preferences";
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

/** The keys of the page, and the list of them. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!isForPage(event)) return;
      if (event.key === "?") setOpen(true);
      else if (!act(event.key)) return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  if (!isOpen) return null;
  return (
    <Dialog title="Keys" onClose={() => setOpen(false)} onSubmit={() => setOpen(false)}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
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
