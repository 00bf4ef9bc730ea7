import { ApiError } from "../api/errors";
import { get, whenUnauthenticated } from "../api/http";
import { desk } from "./desk";
import { Cell } from "./store";

export type SessionState = "ASKING" | "IN" | "OUT" | "UNREACHABLE";

const RETRY_MS = 2_000;

export const session = new Cell<SessionState>("ASKING");

/** Asks who is logged in. When somebody is, the desk starts; when the gateway does not answer, asks again. */
export async function enter(): Promise<void> {
  whenUnauthenticated(leave);
  try {
    await get("/api/v1/session");
    session.set("IN");
    await desk.start();
  } catch (cause) {
    if (cause instanceof ApiError && cause.failure.status === 401) return;
    session.set("UNREACHABLE");
    window.setTimeout(() => void enter(), RETRY_MS);
  }
}

function leave(): void {
  desk.stop();
  session.set("OUT");
}
