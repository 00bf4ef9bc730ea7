import { useEffect, useRef, useState } from "preact/hooks";
import type { Side } from "../api/types";
import { desk } from "../state/desk";
import { digitsOf, price, UNKNOWN } from "../state/display";
import { usePainter, useStores } from "../state/hooks";
import { spreadOf } from "../state/level-book";
import * as decimal from "../state/decimal";
import { useLadderPainter } from "./ladder-painter";
import { Panel } from "./panel";

const ROW_PX_MIN = 20;
const SPREAD_PX = 26;
const LEVELS_MIN = 5;
const LEVELS_MAX = 20;

/** The price levels around the touch, with bars of cumulative size. A click puts a price into the ticket. */
export function Ladder() {
  return (
    <Panel title="Depth" name="ladder" feed="market">
      <div class="ladder-head" aria-hidden="true">
        <span>Price</span>
        <span>Size</span>
        <span>Total</span>
      </div>
      <Levels />
    </Panel>
  );
}

function Levels() {
  const element = useRef<HTMLDivElement>(null);
  const count = useLevelCount(element);
  useLadderPainter(element, count);
  return (
    <div class="ladder" ref={element}>
      {[...Array(count).keys()].reverse().map((index) => (
        <LevelRow key={`a${index}`} side="SELL" index={index} />
      ))}
      <Spread />
      {[...Array(count).keys()].map((index) => (
        <LevelRow key={`b${index}`} side="BUY" index={index} />
      ))}
    </div>
  );
}

function LevelRow({ side, index }: { side: Side; index: number }) {
  const name = side === "BUY" ? "bid" : "ask";
  return (
    <button
      type="button"
      class="level"
      data-side={side}
      data-index={index}
      data-testid={`depth-${name}-${index}`}
      tabIndex={index === 0 ? 0 : -1}
      onClick={pickPrice}
    >
      <i aria-hidden="true" />
      <span class="level-price" />
      <span />
      <span />
    </button>
  );
}

function pickPrice(event: MouseEvent): void {
  const picked = (event.currentTarget as HTMLElement).dataset["price"];
  if (picked) desk.changeDraft({ orderType: "LIMIT", price: picked });
}

function Spread() {
  useStores([desk.market, desk.symbol], 50);
  const increment = desk.instruments.get(desk.symbol.value)?.price_increment;
  const spread = spreadOf(desk.market.book);
  return (
    <div class="spread" aria-label="Spread and mid">
      <span>
        <small>mid</small> {spread === null ? UNKNOWN : midText(spread.mid, increment)}
      </span>
      <span>
        <small>spread</small> {spread === null ? UNKNOWN : price(spread.spread, increment)}
      </span>
    </div>
  );
}

/** The mid may lie half a step between two prices: it always has one digit more. */
function midText(mid: string, increment: string | undefined): string {
  const value = decimal.parse(mid) ?? decimal.ZERO;
  return price(decimal.format(decimal.rescale(value, digitsOf(increment) + 1)), finer(increment));
}

function finer(increment: string | undefined): string {
  return decimal.format({ units: 1n, scale: digitsOf(increment) + 1 });
}

/** As many levels a side as there is room for, and no more than this book has had. */
function useLevelCount(element: { readonly current: HTMLElement | null }): number {
  useStores([desk.symbol]);
  const fitting = useFittingCount(element);
  const deepest = useDeepestCount(desk.symbol.value);
  return Math.max(1, Math.min(fitting, Math.max(LEVELS_MIN, deepest)));
}

function useFittingCount(element: { readonly current: HTMLElement | null }): number {
  const [count, setCount] = useState(8);
  useEffect(() => {
    const measure = (): void => {
      const height = element.current?.clientHeight ?? 0;
      setCount(Math.floor((height - SPREAD_PX) / 2 / ROW_PX_MIN));
    };
    const observer = new ResizeObserver(measure);
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return count;
}

/** Only grows while an instrument is shown, so that the rows do not jump with every level. */
function useDeepestCount(symbol: string): number {
  const [deepest, setDeepest] = useState({ symbol, count: 0 });
  usePainter(() => {
    const { book } = desk.market;
    const count = Math.max(book.levels("BUY").length, book.levels("SELL").length);
    const known = deepest.symbol === symbol ? deepest.count : 0;
    if (count > known || deepest.symbol !== symbol) setDeepest({ symbol, count: Math.min(count, LEVELS_MAX) });
  });
  return deepest.symbol === symbol ? deepest.count : 0;
}
