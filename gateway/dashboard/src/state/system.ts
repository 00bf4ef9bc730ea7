import type { Sink } from "../api/follower";
import type { EngineStatus } from "../api/types";
import { Store } from "./store";

export interface ServiceHealth {
  service: string;
  /** SERVING, NOT_SERVING, or UNREACHABLE. */
  status: string;
}

interface Health {
  services?: ServiceHealth[];
}

/** The health of each service, as the gateway sees it. */
export class HealthStore extends Store implements Sink<Health, Health> {
  private readonly byName = new Map<string, ServiceHealth>();

  all(): ServiceHealth[] {
    return [...this.byName.values()].sort((left, right) => left.service.localeCompare(right.service));
  }

  snapshot(snapshot: Health): void {
    this.byName.clear();
    this.update(snapshot);
  }

  update(update: Health): void {
    for (const service of update.services ?? []) this.byName.set(service.service, service);
    this.touch();
  }
}

/** Where the engine stands. */
export class EngineStore extends Store implements Sink<EngineStatus, EngineStatus> {
  status: EngineStatus | null = null;

  snapshot(status: EngineStatus): void {
    this.update(status);
  }

  update(status: EngineStatus): void {
    this.status = status;
    this.touch();
  }
}
