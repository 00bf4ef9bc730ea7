import { useRef, useState } from "preact/hooks";
import { killSwitch } from "../api/calls";
import type { RiskScope } from "../api/types";
import { desk } from "../state/desk";
import { counted } from "../state/display";
import { scopeName } from "../state/risk";
import { Dialog } from "./dialog";
import { FailureNote } from "./failure-note";
import { useSending } from "./use-sending";

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
  const requestId = useRef(crypto.randomUUID());
  const sending = useSending();
  const portfolioId = desk.portfolioId.value;
  const word = choice === "FIRM" ? "FIRM" : portfolioId;
  const isConfirmed = typed.trim() === word && word !== "";
  const choose = (next: Choice): void => {
    requestId.current = crypto.randomUUID();
    setChoice(next);
    setTyped("");
  };
  const send = async (): Promise<void> => {
    await halt(scopeOf(choice, portfolioId), comment.trim(), requestId.current);
    onClose();
  };
  return (
    <Dialog
      title="Kill switch"
      tone="danger"
      testId="kill-dialog"
      onClose={onClose}
      onSubmit={() => void (isConfirmed && sending.run(send))}
    >
      <p>
        Halts trading and cancels every live order of the scope, in one step. Cancels stay possible; new orders are
        refused until the scope is set ACTIVE again.
      </p>
      <ScopeChoice choice={choice} portfolioId={portfolioId} onChoose={choose} />
      <CommentField value={comment} onChange={setComment} />
      <ConfirmField word={word} value={typed} onChange={setTyped} />
      {sending.failure && <FailureNote error={sending.failure} />}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Keep trading <kbd>Esc</kbd>
        </button>
        <button type="submit" class="primary danger" data-testid="kill-confirm" disabled={!isConfirmed}>
          {sending.isSending ? "Halting…" : `Halt ${choice === "FIRM" ? "the firm" : portfolioId}`}
        </button>
      </div>
    </Dialog>
  );
}

function scopeOf(choice: Choice, portfolioId: string): RiskScope {
  return choice === "FIRM" ? { level: "FIRM" } : { level: "PORTFOLIO", id: portfolioId };
}

async function halt(scope: RiskScope, comment: string, requestId: string): Promise<void> {
  const record = await killSwitch(scope, comment, requestId);
  desk.notices.say(`${scopeName(scope)} is halted; ${counted(record?.canceled_count ?? 0, "order")} cancelled`, "bad");
  void desk.risk.load().catch(() => undefined);
}

interface TextFieldProps {
  value: string;
  onChange: (value: string) => void;
}

function CommentField({ value, onChange }: TextFieldProps) {
  return (
    <label class="field">
      <span>
        Why <small>for the record</small>
      </span>
      <input
        value={value}
        maxLength={500}
        autocomplete="off"
        data-testid="kill-comment"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

function ConfirmField({ word, value, onChange }: TextFieldProps & { word: string }) {
  return (
    <label class="field">
      <span>
        Type <code>{word}</code> to confirm
      </span>
      <input
        value={value}
        autocomplete="off"
        spellcheck={false}
        autofocus
        data-testid="kill-confirm-input"
        data-word={word}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
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
