/** Waits longer after each failure, and never in step with other clients. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly firstMs = 250,
    private readonly maximumMs = 10_000,
    private readonly random: () => number = Math.random,
  ) {}

  /** Returns how long to wait now: half of the doubled wait is certain, half is random. */
  nextMs(): number {
    const ceilingMs = Math.min(this.maximumMs, this.firstMs * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 30);
    return ceilingMs / 2 + (ceilingMs / 2) * this.random();
  }

  reset(): void {
    this.failures = 0;
  }
}
