import { useRef } from "preact/hooks";
import type { Instrument, Quote } from "../api/types";
import { desk } from "../state/desk";
import { changeDirection, type Direction, percentChange, price } from "../state/display";
import { usePainter } from "../state/hooks";

/** The cells of one row that change with each quote. */
export interface RowCells {
  last: HTMLElement;
  change: HTMLElement;
  bid: HTMLElement;
  ask: HTMLElement;
}

const FLASH_MS = 450;

/** Writes what a quote says straight into the cells; nothing is rendered. */
export function paintRow(cells: RowCells, instrument: Instrument, quote: Quote | undefined): void {
  const increment = instrument.price_increment;
  write(cells.last, price(quote?.last_price, increment));
  write(cells.bid, price(quote?.bid_price, increment));
  write(cells.ask, price(quote?.ask_price, increment));
  write(cells.change, percentChange(quote?.open_price, quote?.last_price));
  cells.change.dataset["direction"] = changeDirection(quote?.open_price, quote?.last_price);
}

export function write(element: HTMLElement, text: string): void {
  const node = element.firstChild;
  if (node === null) element.textContent = text;
  else if (node.nodeValue !== text) node.nodeValue = text;
}

/** Paints the rows of the quotes that changed, once a frame, and lets a new last price glow for a moment. */
export function useRowPainter(): Map<string, RowCells> {
  const cells = useRef(new Map<string, RowCells>());
  const lasts = useRef(new Map<string, string>());
  const glowing = useRef(new Map<HTMLElement, number>());
  usePainter((nowMs) => {
    for (const symbol of desk.quotes.takeDirty()) {
      const row = cells.current.get(symbol);
      const instrument = desk.instruments.get(symbol);
      if (row === undefined || instrument === undefined) continue;
      const quote = desk.quotes.get(symbol);
      paintRow(row, instrument, quote);
      const before = lasts.current.get(symbol);
      const direction = changeDirection(before, quote?.last_price);
      if (before !== undefined && direction !== "flat") glow(row.last, direction, nowMs, glowing.current);
      lasts.current.set(symbol, quote?.last_price ?? "");
    }
    fade(nowMs, glowing.current);
  });
  return cells.current;
}

function glow(element: HTMLElement, direction: Direction, nowMs: number, glowing: Map<HTMLElement, number>): void {
  element.dataset["glow"] = direction;
  glowing.set(element, nowMs + FLASH_MS);
}

function fade(nowMs: number, glowing: Map<HTMLElement, number>): void {
  for (const [element, untilMs] of glowing) {
    if (nowMs < untilMs) continue;
    delete element.dataset["glow"];
    glowing.delete(element);
  }
}
