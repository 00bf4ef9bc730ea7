import type { ApiError } from "../api/errors";
import type { Instrument } from "../api/types";
import { explain } from "../state/reasons";

/** Why a call failed: the reason, the fields or limits, and what would be right. */
export function FailureNote({ error, instrument }: { error: ApiError; instrument?: Instrument }) {
  const explanation = explain(error, instrument);
  return (
    <div class="failure" role="alert" data-testid="failure" data-reason={explanation.reason}>
      <p>
        <b>{explanation.reason}</b> {explanation.message}
      </p>
      {explanation.facts.length > 0 && (
        <dl>
          {explanation.facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {explanation.advice !== "" && <p>{explanation.advice}</p>}
    </div>
  );
}
