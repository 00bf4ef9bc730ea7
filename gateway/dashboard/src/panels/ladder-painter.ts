import { useRef } from "preact/hooks";
import type { Side } from "../api/types";
import { desk } from "../state/desk";
import { counted, price, quantity } from "../state/display";
import { usePainter } from "../state/hooks";
import { cumulative, type Level, priceKey } from "../state/level-book";
import { write } from "./watch-row";

/** Writes the book into the rows of the ladder, once a frame at most. */
export function useLadderPainter(root: { readonly current: HTMLElement | null }, count: number): void {
  const painted = useRef("");
  usePainter(() => {
    const version = [
      desk.market.version,
      desk.blotter.version,
      desk.instruments.version,
      desk.symbol.value,
      count,
    ].join();
    if (version === painted.current || root.current === null) return;
    painted.current = version;
    paintLadder(root.current, count);
  });
}

function paintLadder(root: HTMLElement, count: number): void {
  const mine = ownPrices();
  const increment = desk.instruments.get(desk.symbol.value)?.price_increment;
  const sums = { BUY: sumsOf("BUY", count), SELL: sumsOf("SELL", count) };
  const most = Math.max(sums.BUY.at(-1) ?? 0, sums.SELL.at(-1) ?? 0);
  for (const row of root.querySelectorAll<HTMLElement>(".level")) {
    const side = row.dataset["side"] as Side;
    const index = Number(row.dataset["index"]);
    const level = desk.market.book.levels(side)[index];
    paintLevel(row, level, sums[side][index] ?? 0, most, increment);
    row.toggleAttribute("data-mine", level !== undefined && mine[side].has(level.key));
  }
}

function sumsOf(side: Side, count: number): number[] {
  return cumulative(desk.market.book.levels(side), count);
}

function paintLevel(
  row: HTMLElement,
  level: Level | undefined,
  sum: number,
  most: number,
  increment: string | undefined,
): void {
  const [bar, priceCell, sizeCell, sumCell] = row.children as unknown as HTMLElement[];
  if (!bar || !priceCell || !sizeCell || !sumCell) return;
  write(priceCell, level ? price(level.price, increment) : "");
  write(sizeCell, level ? quantity(level.quantity) : "");
  write(sumCell, level ? sumText(sum) : "");
  bar.style.transform = `scaleX(${most > 0 ? sum / most : 0})`;
  row.dataset["price"] = level?.price ?? "";
  row.title = level ? counted(level.orderCount, "order") : "";
}

/** A running sum in at most about seven characters. */
export function sumText(sum: number): string {
  if (sum >= 10_000_000) return `${(sum / 1_000_000).toFixed(1)}M`;
  if (sum >= 1_000_000) return `${(sum / 1_000_000).toFixed(2)}M`;
  if (sum >= 100_000) return `${(sum / 1_000).toFixed(0)}k`;
  return sum.toLocaleString("en-US", { maximumFractionDigits: sum >= 100 ? 2 : 5 });
}

/** The prices at which orders of this portfolio rest. */
function ownPrices(): Record<Side, Set<string>> {
  const prices = { BUY: new Set<string>(), SELL: new Set<string>() };
  for (const order of desk.blotter.openOrders()) {
    if (order.symbol === desk.symbol.value && order.price) prices[order.side].add(priceKey(order.price));
  }
  return prices;
}
