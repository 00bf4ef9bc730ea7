/** What went wrong, as the API says it: a canonical code, a stable reason, and the fields that are wrong. */

export interface FieldViolation {
  field: string;
  description: string;
}

export interface Failure {
  /** HTTP status; 0 when there was no answer at all. */
  status: number;
  message: string;
  reason: string;
  metadata: Record<string, string>;
  fields: FieldViolation[];
}

export class ApiError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
    this.name = "ApiError";
  }

  /** Whether the call may have taken effect though no answer came: send it again with the same id. */
  get outcomeIsUnknown(): boolean {
    return [0, 408, 502, 503, 504].includes(this.failure.status);
  }
}

interface ErrorBody {
  error?: Partial<Omit<Failure, "status">>;
}

/** Reads the error object of the API. Anything else becomes a failure without details. */
export function failureOf(status: number, text: string): Failure {
  const error = errorIn(text);
  return {
    status,
    message: error.message || `The server answered ${status}.`,
    reason: error.reason ?? "",
    metadata: error.metadata ?? {},
    fields: error.fields ?? [],
  };
}

function errorIn(text: string): NonNullable<ErrorBody["error"]> {
  try {
    return (JSON.parse(text) as ErrorBody).error ?? {};
  } catch {
    return {};
  }
}

export function noAnswer(cause: unknown): ApiError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ApiError({
    status: 0,
    message: `No answer from the gateway (${detail}).`,
    reason: "NO_ANSWER",
    metadata: {},
    fields: [],
  });
}
