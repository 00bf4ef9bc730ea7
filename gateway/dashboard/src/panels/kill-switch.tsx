import { useRef, useState } from "preact/hooks";
import { killSwitch } from "../api/calls";
import { ApiError } from "../api/errors";
import type { RiskScope } from "../api/types";
import { desk } from "../state/desk";
import { Dialog } from "./dialog";
import { FailureNote } from "./failure-note";

/** Halts the firm or the portfolio and cancels all their orders. */
export function KillSwitch() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="kill" data-testid="kill-switch" onClick={() => setOpen(true)}>
        Kill switch
      </button>
      {isOpen && <KillDialog onClose={() => setOpen(false)} />}
    </>
  );
}

type Choice = "FIRM" | "PORTFOLIO";

function KillDialog({ onClose }: { onClose: () => void }) {
  const [choice, setChoice] = useState<Choice>("FIRM");
  const [typed, setTyped] = useState("");
  const [comment, setComment] = useState("");
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [isSending, setSending] = useState(false);
  const requestId = useRef(crypto.randomUUID());
  const portfolioId = desk.portfolioId.value;
  const word = choice === "FIRM" ? "FIRM" : portfolioId;
  const isConfirmed = typed.trim() === word && word !== "";

  const send = async (): Promise<void> => {
    if (!isConfirmed || isSending) return;
    setSending(true);
    setFailure(null);
    try {
      const scope: RiskScope = choice === "FIRM" ? { level: "FIRM" } : { level: "PORTFOLIO", id: portfolioId };
      const record = await killSwitch(scope, comment.trim(), requestId.current);
      desk.notices.say(`${word} is halted; ${record?.canceled_count ?? 0} orders cancelled`, "bad");
      void desk.risk.load().catch(() => undefined);
      onClose();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      if (!cause.outcomeIsUnknown) requestId.current = crypto.randomUUID();
      setFailure(cause);
      setSending(false);
    }
  };
  return (
    <Dialog title="Kill switch" tone="danger" testId="kill-dialog" onClose={onClose} onSubmit={() => void send()}>
      <p>
        Halts trading and cancels every live order of the scope, in one step. Cancels stay possible; new orders are
        refused until the scope is set ACTIVE again.
      </p>
      <ScopeChoice
        choice={choice}
        portfolioId={portfolioId}
        onChoose={(next) => {
          setChoice(next);
          setTyped("");
        }}
      />
      <label class="field">
        <span>
          Why <small>for the record</small>
        </span>
        <input
          value={comment}
          maxLength={500}
          autocomplete="off"
          data-testid="kill-comment"
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>
          Type <code>{word}</code> to confirm
        </span>
        <input
          value={typed}
          autocomplete="off"
          spellcheck={false}
          autofocus
          data-testid="kill-confirm-input"
          data-word={word}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      {failure && <FailureNote error={failure} />}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Keep trading <kbd>Esc</kbd>
        </button>
        <button type="submit" class="primary danger" data-testid="kill-confirm" disabled={!isConfirmed || isSending}>
          {isSending ? "Halting…" : `Halt ${choice === "FIRM" ? "the firm" : portfolioId}`}
        </button>
      </div>
    </Dialog>
  );
}

interface ScopeChoiceProps {
  choice: Choice;
  portfolioId: string;
  onChoose: (choice: Choice) => void;
}

function ScopeChoice({ choice, portfolioId, onChoose }: ScopeChoiceProps) {
  return (
    <fieldset class="scope-choice">
      <legend>Scope</legend>
      <label>
        <input
          type="radio"
          name="scope"
          checked={choice === "FIRM"}
          data-testid="kill-scope-FIRM"
          onChange={() => onChoose("FIRM")}
        />
        The whole firm
      </label>
      <label>
        <input
          type="radio"
          name="scope"
          checked={choice === "PORTFOLIO"}
          data-testid="kill-scope-PORTFOLIO"
          onChange={() => onChoose("PORTFOLIO")}
        />
        Portfolio {portfolioId}
      </label>
    </fieldset>
  );
}
