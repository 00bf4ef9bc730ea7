import type { SeriesMarker, Time, UTCTimestamp } from "lightweight-charts";
import type { ExecutionReport, Side } from "../api/types";
import { desk } from "../state/desk";
import { secondsOf } from "../state/moments";
import type { ChartColours } from "./chart-colours";

const INTERVAL_SECONDS = { SECOND_1: 1, MINUTE_1: 60, DAY_1: 86_400 };

/** One arrow for each bar and side in which the portfolio traded the instrument that is shown. */
export function ownMarkers(executions: readonly ExecutionReport[], colours: ChartColours): SeriesMarker<Time>[] {
  const length = INTERVAL_SECONDS[desk.interval.value];
  const found = new Map<string, SeriesMarker<Time>>();
  for (const { order, transact_time } of executions) {
    if (order.symbol !== desk.symbol.value || !transact_time) continue;
    const start = Math.floor(secondsOf(transact_time) / length) * length;
    if (desk.bars.at(start) === undefined) continue;
    found.set(`${start}${order.side}`, marker(start, order.side, colours));
  }
  return [...found.values()].sort((left, right) => (left.time as number) - (right.time as number));
}

function marker(start: number, side: Side, colours: ChartColours): SeriesMarker<Time> {
  const isBuy = side === "BUY";
  return {
    time: start as UTCTimestamp,
    position: isBuy ? "belowBar" : "aboveBar",
    shape: isBuy ? "arrowUp" : "arrowDown",
    color: isBuy ? colours.buy : colours.sell,
    text: isBuy ? "B" : "S",
  };
}
