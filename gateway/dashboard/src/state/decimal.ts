/**
 * Exact decimal arithmetic on the strings of the API. Prices, quantities and money never pass through a
 * floating-point number, except to place a pixel.
 */

export interface Decimal {
  /** The value times 10 to the power of `scale`. */
  readonly units: bigint;
  readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

const PATTERN = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Returns null for text that is no plain decimal, empty text included. */
export function parse(text: string | undefined): Decimal | null {
  const match = PATTERN.exec(text ?? "");
  if (match === null) return null;
  const fraction = match[3] ?? "";
  const units = BigInt(`${match[2]}${fraction}`);
  return { units: match[1] === "-" ? -units : units, scale: fraction.length };
}

export function format(value: Decimal): string {
  const negative = value.units < 0n;
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, "0");
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = digits.slice(digits.length - value.scale);
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The shortest text of the same value: "100.50" becomes "100.5". */
export function plain(value: Decimal): string {
  const text = format(value);
  return value.scale === 0 ? text : text.replace(/\.?0+$/, "");
}

function unitsAt(value: Decimal, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

export function add(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { units: unitsAt(left, scale) + unitsAt(right, scale), scale };
}

export function negate(value: Decimal): Decimal {
  return { units: -value.units, scale: value.scale };
}

export function absolute(value: Decimal): Decimal {
  return value.units < 0n ? negate(value) : value;
}

export function subtract(left: Decimal, right: Decimal): Decimal {
  return add(left, negate(right));
}

export function multiply(left: Decimal, right: Decimal): Decimal {
  return { units: left.units * right.units, scale: left.scale + right.scale };
}

/** Below, at or above 0 as `left` is less than, equal to or more than `right`. */
export function compare(left: Decimal, right: Decimal): number {
  const difference = subtract(left, right).units;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isZero(value: Decimal): boolean {
  return value.units === 0n;
}

/** Whether `value` is a whole number of `increment`s. */
export function isMultiple(value: Decimal, increment: Decimal): boolean {
  const scale = Math.max(value.scale, increment.scale);
  const step = unitsAt(increment, scale);
  return step !== 0n && unitsAt(value, scale) % step === 0n;
}

/** The multiple of `increment` `count` steps from `value`, off-step values first going to the next step that way. Never below zero. */
export function step(value: Decimal, increment: Decimal, count: number): Decimal {
  const scale = Math.max(value.scale, increment.scale);
  const size = unitsAt(increment, scale);
  if (size <= 0n || count === 0) return value;
  const units = unitsAt(value, scale);
  const below = floorDivide(units, size);
  const start = count < 0 && below * size !== units ? below + 1n : below;
  const target = (start + BigInt(count)) * size;
  return rescale({ units: target < 0n ? 0n : target, scale }, increment.scale);
}

/** The nearest multiples of `increment` at and around `value`. */
export function neighbours(value: Decimal, increment: Decimal): [Decimal, Decimal] {
  const scale = Math.max(value.scale, increment.scale);
  const size = unitsAt(increment, scale);
  if (size <= 0n) return [value, value];
  const below = floorDivide(unitsAt(value, scale), size) * size;
  return [rescale({ units: below, scale }, increment.scale), rescale({ units: below + size, scale }, increment.scale)];
}

/** Rounds half to even to `scale` digits, or pads with zeros. */
export function rescale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return { units: unitsAt(value, scale), scale };
  const divisor = 10n ** BigInt(value.scale - scale);
  const floor = floorDivide(value.units, divisor);
  const twice = (value.units - floor * divisor) * 2n;
  const isUp = twice > divisor || (twice === divisor && floor % 2n !== 0n);
  return { units: isUp ? floor + 1n : floor, scale };
}

function floorDivide(units: bigint, divisor: bigint): bigint {
  const quotient = units / divisor;
  return units % divisor < 0n ? quotient - 1n : quotient;
}

/** For drawing only. */
export function toNumber(text: string | undefined): number {
  return text === undefined || text === "" ? Number.NaN : Number(text);
}
