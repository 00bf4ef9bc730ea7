import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type MouseEventParams,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "../api/types";
import { desk } from "../state/desk";
import { digitsOf, price, quantity } from "../state/display";
import { theme } from "../state/preferences";
import { type ChartColours, chartColours } from "./chart-colours";
import { candleOf, chartOptions, seriesOptions, volumeOf } from "./chart-options";
import { ownMarkers } from "./chart-markers";
import { write } from "./watch-row";

const BARS_SHOWN_MIN = 45;
const BARS_SHOWN_MAX = 110;

/** The chart library behind one face: `paint` brings it up to date with the stores, once a frame. */
export class CandleView {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volumes: ISeriesApi<"Histogram">;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private colours: ChartColours;
  private newestSeconds = 0;
  private hoveredSeconds: number | null = null;
  private readonly painted = { theme: "", series: "", bars: -1, markers: "", shown: "" };

  constructor(
    element: HTMLElement,
    private readonly legend: HTMLElement,
  ) {
    this.colours = chartColours();
    this.chart = createChart(element, chartOptions(this.colours, desk.interval.value));
    this.candles = this.chart.addSeries(CandlestickSeries, {});
    this.volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.markers = createSeriesMarkers(this.candles, []);
    this.chart.subscribeCrosshairMove((event) => this.hover(event));
  }

  remove(): void {
    this.chart.remove();
  }

  paint(): void {
    this.paintTheme();
    this.paintSeries();
    this.paintBars();
    this.paintMarkers();
    this.paintLegend();
  }

  private paintTheme(): void {
    if (theme.value === this.painted.theme) return;
    this.painted.theme = theme.value;
    this.painted.series = "";
    this.colours = chartColours();
  }

  /** Options that follow the theme, the instrument and the interval. */
  private paintSeries(): void {
    const increment = desk.instruments.get(desk.symbol.value)?.price_increment ?? "0.01";
    const series = [theme.value, desk.symbol.value, desk.interval.value, increment].join();
    if (series === this.painted.series) return;
    this.painted.series = series;
    this.chart.applyOptions(chartOptions(this.colours, desk.interval.value));
    const priceFormat = { type: "price" as const, precision: digitsOf(increment), minMove: Number(increment) };
    this.candles.applyOptions({ ...seriesOptions(this.colours), priceFormat });
    this.setAll(desk.bars.everything());
  }

  private paintBars(): void {
    if (desk.bars.version === this.painted.bars) return;
    this.painted.bars = desk.bars.version;
    const { whole, bars } = desk.bars.take();
    // The series takes bars at its end only; an older one means drawing all again.
    const isAppended = bars.every(([seconds]) => seconds >= this.newestSeconds);
    if (whole || !isAppended) this.setAll(desk.bars.everything());
    else for (const [seconds, bar] of bars) this.append(seconds, bar);
  }

  private setAll(bars: [number, Bar][]): void {
    this.candles.setData(bars.map(([seconds, bar]) => candleOf(seconds, bar)));
    this.volumes.setData(bars.map(([seconds, bar]) => volumeOf(seconds, bar, this.colours)));
    this.newestSeconds = bars.at(-1)?.[0] ?? 0;
    this.showOnce(bars.length);
  }

  /** Shows the newest bars of another instrument or interval; later the reader's own place is kept. */
  private showOnce(count: number): void {
    const shown = `${desk.symbol.value} ${desk.interval.value}`;
    if (count === 0 || shown === this.painted.shown) return;
    if (desk.bars.isLoaded) this.painted.shown = shown;
    this.showNewest(count);
  }

  private showNewest(count: number): void {
    this.chart.priceScale("right").applyOptions({ autoScale: true });
    const shown = Math.max(BARS_SHOWN_MIN, Math.min(BARS_SHOWN_MAX, count));
    this.chart.timeScale().setVisibleLogicalRange({ from: count - shown, to: count + 4 });
  }

  private append(seconds: number, bar: Bar): void {
    this.candles.update(candleOf(seconds, bar));
    this.volumes.update(volumeOf(seconds, bar, this.colours));
    this.newestSeconds = seconds;
  }

  private paintMarkers(): void {
    const state = [desk.blotter.version, this.painted.bars, this.painted.series].join();
    if (state === this.painted.markers) return;
    this.painted.markers = state;
    this.markers.setMarkers(ownMarkers(desk.blotter.executions(), this.colours));
  }

  private hover(event: MouseEventParams): void {
    this.hoveredSeconds = event.time === undefined ? null : (event.time as UTCTimestamp);
  }

  private paintLegend(): void {
    const bar = this.hoveredSeconds === null ? desk.bars.last() : desk.bars.at(this.hoveredSeconds);
    const increment = desk.instruments.get(desk.symbol.value)?.price_increment;
    const part = (name: string, value: string | undefined): string => `${name} ${price(value, increment)}`;
    const text = bar
      ? [
          part("O", bar.open),
          part("H", bar.high),
          part("L", bar.low),
          part("C", bar.close),
          `V ${quantity(bar.volume)}`,
        ].join("   ")
      : "No trade yet";
    write(this.legend, text);
  }
}
