import { useRef } from "preact/hooks";
import type { Trade } from "../api/types";
import { desk } from "../state/desk";
import { price, quantity } from "../state/display";
import { usePainter } from "../state/hooks";
import { timeOfDay } from "../state/moments";
import { Panel } from "./panel";
import { write } from "./watch-row";

const ROWS = 60;

/** Time and sales: every trade of the instrument as it happens. */
export function TapePanel() {
  return (
    <Panel title="Time & sales" name="tape" feed="market">
      <Rows />
    </Panel>
  );
}

function Rows() {
  const element = useRef<HTMLDivElement>(null);
  const painted = useRef("");
  usePainter(() => {
    const version = `${desk.market.version} ${desk.symbol.value} ${desk.instruments.version}`;
    if (version === painted.current || element.current === null) return;
    painted.current = version;
    const increment = desk.instruments.get(desk.symbol.value)?.price_increment;
    const trades = desk.market.tape.trades();
    [...element.current.children].forEach((row, index) => paint(row as HTMLElement, trades[index], increment));
  });
  return (
    <div class="tape" ref={element} role="list" aria-label="Trades, newest first">
      {[...Array(ROWS).keys()].map((index) => (
        <div key={index} class="print" role="listitem" hidden>
          <span class="time" />
          <span class="print-price" />
          <span class="size" />
        </div>
      ))}
    </div>
  );
}

function paint(row: HTMLElement, trade: Trade | undefined, increment: string | undefined): void {
  row.hidden = trade === undefined;
  if (trade === undefined) return;
  const [time, priceCell, size] = row.children as unknown as HTMLElement[];
  if (!time || !priceCell || !size) return;
  write(time, timeOfDay(trade.time));
  write(priceCell, price(trade.price, increment));
  write(size, quantity(trade.quantity));
  row.dataset["side"] = trade.aggressor_side;
}
