import { ApiError, failureOf, noAnswer } from "./errors";

const TIMEOUT_MS = 10_000;

/** Called on every 401, so that the page can say how to log in again. */
let onUnauthenticated: () => void = () => undefined;

export function whenUnauthenticated(handler: () => void): void {
  onUnauthenticated = handler;
}

/** Query parameters; empty values are left out. */
export type Query = Record<string, string | number | boolean | undefined>;

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.append(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Sends one call and returns its JSON. Fails with ApiError, whatever happened. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  const text = await response.text().catch((cause: unknown) => Promise.reject(noAnswer(cause)));
  if (response.status === 401) onUnauthenticated();
  if (!response.ok) throw new ApiError(failureOf(response.status, text));
  return decoded<T>(text);
}

function decoded<T>(text: string): T {
  try {
    return JSON.parse(text === "" ? "{}" : text) as T;
  } catch (cause) {
    throw noAnswer(cause);
  }
}

export function get<T>(path: string, query: Query = {}): Promise<T> {
  return call<T>("GET", address(path, query));
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw noAnswer(cause);
  }
}
