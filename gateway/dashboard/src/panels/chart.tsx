import { useEffect, useRef } from "preact/hooks";
import type { Interval } from "../api/types";
import { desk } from "../state/desk";
import { changeDirection, percentChange, price } from "../state/display";
import { onFrame } from "../state/frame";
import { useStores } from "../state/hooks";
import { CandleView } from "./candle-view";
import { Panel } from "./panel";

const INTERVALS: [Interval, string, string][] = [
  ["SECOND_1", "1s", "1 second"],
  ["MINUTE_1", "1m", "1 minute"],
  ["DAY_1", "1d", "1 day"],
];

/** Candles, volume, the last price, and the portfolio's own trades. */
export function Chart() {
  return (
    <Panel title="Chart" name="chart" feed="bars" tools={<IntervalChoice />}>
      <InstrumentHead />
      <Canvas />
    </Panel>
  );
}

function IntervalChoice() {
  useStores([desk.interval]);
  return (
    <div class="segments" role="group" aria-label="Interval of a bar">
      {INTERVALS.map(([interval, name, title]) => (
        <button
          key={interval}
          type="button"
          title={title}
          aria-pressed={desk.interval.value === interval}
          data-testid={`interval-${interval}`}
          onClick={() => desk.showInterval(interval)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** Which instrument is shown, and where it trades. */
function InstrumentHead() {
  useStores([desk.symbol, desk.instruments, desk.quotes], 50);
  const instrument = desk.instruments.get(desk.symbol.value);
  if (instrument === undefined) return <div class="instrument-head" />;
  const quote = desk.quotes.get(instrument.symbol);
  const increment = instrument.price_increment;
  return (
    <div class="instrument-head">
      <div>
        <h1>{instrument.symbol}</h1>
        <p title={instrument.name}>{instrument.name}</p>
      </div>
      <output class="big-price" data-direction={changeDirection(quote?.open_price, quote?.last_price)}>
        {price(quote?.last_price, increment)}
        <small>{percentChange(quote?.open_price, quote?.last_price)}</small>
      </output>
      <dl class="facts">
        <Fact name="Currency" value={instrument.currency} />
        <Fact name="Market" value={instrument.mic || instrument.calendar || "–"} />
        <Fact name="Tick" value={increment} />
        <Fact name="Lot" value={instrument.quantity_increment} />
      </dl>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Canvas() {
  const element = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current === null || legend.current === null) return;
    const view = new CandleView(element.current, legend.current);
    const stop = onFrame(() => view.paint());
    return () => {
      stop();
      view.remove();
    };
  }, []);
  return (
    <div class="chart-area">
      <div class="chart-legend" ref={legend} aria-hidden="true" />
      <div
        class="chart-canvas"
        ref={element}
        role="img"
        aria-label="Candlestick chart of the instrument that is shown"
      />
    </div>
  );
}
