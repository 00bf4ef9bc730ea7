import type { ComponentChildren } from "preact";
import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { Cell } from "../state/store";
import { Executions } from "./executions";
import { CancelAll, OpenOrders } from "./open-orders";
import { OrderHistory } from "./order-history";
import { Panel } from "./panel";
import { RiskEvents } from "./risk-events";

type Tab = "open" | "history" | "executions" | "risk";

const tab = new Cell<Tab>("open");

const TABS: [Tab, string][] = [
  ["open", "Open orders"],
  ["history", "History"],
  ["executions", "Executions"],
  ["risk", "Risk"],
];

/** Orders and trades of the portfolio, and what risk prevented. */
export function Blotter() {
  useStores([tab]);
  return (
    <Panel title="Blotter" name="blotter" feed={tab.value === "risk" ? "risk" : "orders"} tools={<Tabs />}>
      <div class="table-area" role="tabpanel" id="blotter-panel" aria-labelledby={`tab-${tab.value}`} tabIndex={0}>
        {contents(tab.value)}
      </div>
    </Panel>
  );
}

function contents(value: Tab): ComponentChildren {
  if (value === "open") return <OpenOrders />;
  if (value === "history") return <OrderHistory />;
  return value === "executions" ? <Executions /> : <RiskEvents />;
}

function Tabs() {
  useStores([tab, desk.blotter], 250);
  const open = desk.blotter.openOrders().length;
  return (
    <>
      <div class="tabs" role="tablist" aria-label="Blotter" onKeyDown={moveByKey}>
        {TABS.map(([value, name]) => (
          <button
            key={value}
            type="button"
            role="tab"
            id={`tab-${value}`}
            data-testid={`tab-${value}`}
            aria-selected={tab.value === value}
            aria-controls="blotter-panel"
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => tab.set(value)}
          >
            {name}
            {value === "open" && open > 0 && <span class="count">{open}</span>}
          </button>
        ))}
      </div>
      <span class="spring" />
      {tab.value === "open" && open > 0 && <CancelAll count={open} />}
    </>
  );
}

function moveByKey(event: KeyboardEvent): void {
  const move = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (move === 0) return;
  const now = TABS.findIndex(([value]) => value === tab.value);
  const next = TABS[(now + move + TABS.length) % TABS.length];
  if (next === undefined) return;
  tab.set(next[0]);
  document.getElementById(`tab-${next[0]}`)?.focus();
}
