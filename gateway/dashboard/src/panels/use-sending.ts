import { useState } from "preact/hooks";
import { ApiError } from "../api/errors";

export interface Sending {
  isSending: boolean;
  failure: ApiError | null;
  /** Does the work once at a time; what the API refuses becomes `failure`, anything else is a defect and thrown. */
  run: (work: () => Promise<void>) => Promise<void>;
}

/** The state of a dialog that sends one call. */
export function useSending(): Sending {
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (isSending) return;
    setSending(true);
    setFailure(null);
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      setFailure(cause);
    } finally {
      setSending(false);
    }
  };
  return { isSending, failure, run };
}
