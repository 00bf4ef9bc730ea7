import * as decimal from "./decimal";

/** What is not known is shown as this, never as zero. */
export const UNKNOWN = "–";
const MINUS = "−";

/** How many digits an increment has after the point: 2 for "0.01". */
export function digitsOf(increment: string | undefined): number {
  const value = decimal.parse(increment);
  return value === null ? 2 : value.scale;
}

function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const separated = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}

function signed(text: string): string {
  return text.startsWith("-") ? `${MINUS}${grouped(text.slice(1))}` : grouped(text);
}

/** A price at the instrument's digits; more digits than that are kept up to two, as averages have them. */
export function price(text: string | undefined, increment: string | undefined): string {
  const value = decimal.parse(text);
  if (value === null) return UNKNOWN;
  const digits = digitsOf(increment);
  const isFine = value.scale <= digits || decimal.compare(value, decimal.rescale(value, digits)) === 0;
  return signed(decimal.format(decimal.rescale(value, isFine ? digits : digits + 2)));
}

/** A quantity without needless zeros. */
export function quantity(text: string | undefined): string {
  const value = decimal.parse(text);
  return value === null ? UNKNOWN : signed(decimal.plain(value));
}

/** Money with two digits. */
export function money(text: string | undefined): string {
  const value = decimal.parse(text);
  return value === null ? UNKNOWN : signed(decimal.format(decimal.rescale(value, 2)));
}

/** Profit or loss with its sign. */
export function profit(text: string | undefined): string {
  const shown = money(text);
  return shown === UNKNOWN || shown.startsWith(MINUS) || directionOf(text) === "flat" ? shown : `+${shown}`;
}

export type Direction = "up" | "down" | "flat";

export function directionOf(text: string | undefined): Direction {
  const value = decimal.parse(text);
  if (value === null || decimal.isZero(value)) return "flat";
  return value.units > 0n ? "up" : "down";
}

/** The change from `from` to `to` in percent. */
export function percentChange(from: string | undefined, to: string | undefined): string {
  const start = decimal.toNumber(from);
  const end = decimal.toNumber(to);
  if (!Number.isFinite(start) || !Number.isFinite(end) || start === 0) return UNKNOWN;
  const percent = ((end - start) / start) * 100;
  const text = Math.abs(percent).toFixed(2);
  if (text === "0.00") return "0.00%";
  return `${percent < 0 ? MINUS : "+"}${text}%`;
}

export function changeDirection(from: string | undefined, to: string | undefined): Direction {
  const start = decimal.parse(from);
  const end = decimal.parse(to);
  if (start === null || end === null) return "flat";
  const order = decimal.compare(end, start);
  return order > 0 ? "up" : order < 0 ? "down" : "flat";
}

/** A number of things in words: "1 order", "2 orders". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A whole number of the API, 64-bit ones included. */
export function count(value: string | number | undefined): string {
  if (value === undefined || value === "") return UNKNOWN;
  return grouped(String(value));
}
