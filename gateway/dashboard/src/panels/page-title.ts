import { useEffect, useRef } from "preact/hooks";
import { desk } from "../state/desk";
import { price, UNKNOWN } from "../state/display";
import { usePainter } from "../state/hooks";

const PAINT_MS = 1_000;

/** Shows the last price in the window's title; without it while the page is hidden, where nothing is painted. */
export function usePageTitle(): void {
  const painted = useRef(0);
  useEffect(() => {
    const hide = (): void => {
      if (document.hidden) document.title = `${desk.symbol.value} · tickmesh`;
    };
    document.addEventListener("visibilitychange", hide);
    return () => document.removeEventListener("visibilitychange", hide);
  }, []);
  usePainter((nowMs) => {
    if (nowMs - painted.current < PAINT_MS) return;
    painted.current = nowMs;
    document.title = titleOf(desk.symbol.value);
  });
}

function titleOf(symbol: string): string {
  const last = price(desk.quotes.get(symbol)?.last_price, desk.instruments.get(symbol)?.price_increment);
  if (symbol === "") return "tickmesh";
  return last === UNKNOWN ? `${symbol} · tickmesh` : `${last} ${symbol} · tickmesh`;
}
