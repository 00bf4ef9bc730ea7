import { Backoff } from "../api/backoff";

/** Does the work until it succeeds or is not wanted any more. For what the page cannot be without. */
export async function untilDone(work: () => Promise<void>, isWanted: () => boolean): Promise<void> {
  const backoff = new Backoff(500);
  while (isWanted()) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backoff.nextMs()));
    }
  }
}
