import { UNKNOWN } from "./display";

const FRACTION = /^(.*?)(?:\.(\d{1,9}))?Z$/;

/** A key that sorts RFC 3339 moments in UTC as text, whatever digits their fractions have. */
export function sortKey(moment: string | undefined): string {
  const match = FRACTION.exec(moment ?? "");
  if (match === null) return "";
  return `${match[1] ?? ""}.${(match[2] ?? "").padEnd(9, "0")}`;
}

export function secondsOf(moment: string): number {
  return Math.floor(Date.parse(moment) / 1000);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** The local time of day, such as 14:03:59. */
export function timeOfDay(moment: string | undefined): string {
  const time = new Date(moment ?? "");
  if (Number.isNaN(time.getTime())) return UNKNOWN;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** The local time of day to the millisecond. */
export function preciseTime(moment: string | undefined): string {
  const time = new Date(moment ?? "");
  if (Number.isNaN(time.getTime())) return UNKNOWN;
  return `${timeOfDay(moment)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** Local date and time in full, for titles. */
export function fullTime(moment: string | undefined): string {
  const time = new Date(moment ?? "");
  return Number.isNaN(time.getTime()) ? UNKNOWN : time.toLocaleString();
}
