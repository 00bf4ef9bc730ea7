import {
  type CandlestickData,
  type CandlestickSeriesPartialOptions,
  type ChartOptions,
  CrosshairMode,
  type DeepPartial,
  type HistogramData,
  LineStyle,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar, Interval } from "../api/types";
import type { ChartColours } from "./chart-colours";

/** Options of the chart as a whole. The credit that its licence asks for stands in the status bar. */
export function chartOptions(colours: ChartColours, interval: Interval): DeepPartial<ChartOptions> {
  const zone = interval === "DAY_1" ? "UTC" : undefined;
  return {
    autoSize: true,
    layout: {
      background: { color: "transparent" },
      textColor: colours.text,
      fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
      attributionLogo: false,
    },
    grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: colours.cross, style: LineStyle.Dotted },
      horzLine: { color: colours.cross, style: LineStyle.Dotted },
    },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.1, bottom: 0.22 } },
    timeScale: {
      borderVisible: false,
      timeVisible: interval !== "DAY_1",
      secondsVisible: interval === "SECOND_1",
      rightOffset: 4,
      tickMarkFormatter: (time: Time, mark: TickMarkType) => tickText(time, mark, zone),
    },
    localization: { timeFormatter: (time: Time) => fullText(time, interval, zone) },
  };
}

export function seriesOptions(colours: ChartColours): CandlestickSeriesPartialOptions {
  return {
    upColor: colours.buy,
    downColor: colours.sell,
    wickUpColor: colours.buy,
    wickDownColor: colours.sell,
    borderVisible: false,
    priceLineStyle: LineStyle.Dashed,
  };
}

export function candleOf(seconds: number, bar: Bar): CandlestickData {
  return {
    time: seconds as UTCTimestamp,
    open: Number(bar.open),
    high: Number(bar.high),
    low: Number(bar.low),
    close: Number(bar.close),
  };
}

export function volumeOf(seconds: number, bar: Bar, colours: ChartColours): HistogramData {
  const isUp = Number(bar.close) >= Number(bar.open);
  return {
    time: seconds as UTCTimestamp,
    value: Number(bar.volume || 0),
    color: isUp ? colours.buyFaint : colours.sellFaint,
  };
}

function dateOf(time: Time): Date {
  return new Date((time as number) * 1000);
}

/** Times are those of the reader's clock; days are those of the exchange, in UTC. */
function tickText(time: Time, mark: TickMarkType, timeZone: string | undefined): string {
  const date = dateOf(time);
  if (mark === TickMarkType.Year) return date.toLocaleDateString(undefined, { year: "numeric", timeZone });
  if (mark === TickMarkType.Month) return date.toLocaleDateString(undefined, { month: "short", timeZone });
  if (mark === TickMarkType.DayOfMonth)
    return date.toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone });
  const second = mark === TickMarkType.TimeWithSeconds ? ({ second: "2-digit" } as const) : {};
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...second });
}

function fullText(time: Time, interval: Interval, timeZone: string | undefined): string {
  const date = dateOf(time);
  const day = date.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric", timeZone });
  return interval === "DAY_1" ? day : `${day} ${date.toLocaleTimeString("en-GB")}`;
}
