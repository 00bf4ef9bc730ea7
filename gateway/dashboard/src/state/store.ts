/**
 * A plain buffer with a version. Socket handlers write into it and touch it; nothing is painted until the next
 * frame asks for what changed.
 */
export class Store {
  version = 0;

  touch(): void {
    this.version += 1;
  }
}

/** A store of one value. */
export class Cell<T> extends Store {
  constructor(private current: T) {
    super();
  }

  get value(): T {
    return this.current;
  }

  set(value: T): void {
    if (Object.is(value, this.current)) return;
    this.current = value;
    this.touch();
  }
}
