import { useState } from "preact/hooks";
import { setTradingState } from "../api/calls";
import { ApiError } from "../api/errors";
import type { TradingStateRecord } from "../api/types";
import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { fullTime, timeOfDay } from "../state/moments";
import { explain } from "../state/reasons";
import { scopeName } from "../state/risk";
import { Dialog } from "./dialog";

/** Every scope that may not trade freely, with the way back. */
export function HaltedBanner() {
  useStores([desk.risk]);
  const records = desk.risk.restricted();
  return (
    <div class="halted" role="alert" hidden={records.length === 0}>
      {records.map((record) => (
        <Halted key={scopeName(record.scope)} record={record} />
      ))}
    </div>
  );
}

function Halted({ record }: { record: TradingStateRecord }) {
  const [isAsking, setAsking] = useState(false);
  const { scope } = record;
  const name = scopeName(scope);
  return (
    <div class="halted-scope" data-testid={`halted-${scope.level}`} data-state={record.state}>
      <b>{record.state}</b>
      <span>
        {name}
        {record.comment && <em> “{record.comment}”</em>}
      </span>
      <small title={fullTime(record.update_time)}>
        {record.updated_by && `by ${record.updated_by} `}at {timeOfDay(record.update_time)}
      </small>
      <button type="button" class="small" data-testid={`activate-${scope.level}`} onClick={() => setAsking(true)}>
        Set ACTIVE
      </button>
      {isAsking && <ActivateDialog record={record} onClose={() => setAsking(false)} />}
    </div>
  );
}

function ActivateDialog({ record, onClose }: { record: TradingStateRecord; onClose: () => void }) {
  const name = scopeName(record.scope);
  const send = async (): Promise<void> => {
    onClose();
    try {
      await setTradingState(record.scope, "ACTIVE", "set active on the page");
      desk.notices.say(`${name} is ACTIVE again`, "good");
      await desk.risk.load();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      const { reason, message } = explain(cause);
      desk.notices.say(`${reason}: ${message}`, "bad");
    }
  };
  return (
    <Dialog title={`Let ${name} trade again?`} onClose={onClose} onSubmit={() => void send()}>
      <p>New orders are taken from now on. Orders that were cancelled stay cancelled.</p>
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Keep {record.state} <kbd>Esc</kbd>
        </button>
        <button type="submit" class="primary" data-testid="activate-confirm" autofocus>
          Set ACTIVE <kbd>Enter</kbd>
        </button>
      </div>
    </Dialog>
  );
}
