import { useEffect, useRef } from "preact/hooks";
import type { AssetType, Instrument } from "../api/types";
import { desk } from "../state/desk";
import { useStores } from "../state/hooks";
import { ASSET_TYPE_NAMES, matching } from "../state/instruments";
import { Cell } from "../state/store";
import { Panel } from "./panel";
import { paintRow, useRowPainter, type RowCells } from "./watch-row";

const text = new Cell("");
const type = new Cell<AssetType | "">("");

/** Every instrument with its live quote. */
export function Watchlist() {
  return (
    <Panel title="Instruments" name="watch" feed="quotes" tools={<Search />}>
      <TypeFilter />
      <Rows />
    </Panel>
  );
}

function Search() {
  return (
    <input
      id="instrument-search"
      type="search"
      placeholder="Search  /"
      aria-label="Search instruments by symbol or name"
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => text.set(event.currentTarget.value)}
    />
  );
}

function TypeFilter() {
  useStores([type]);
  const choices: [AssetType | "", string][] = [
    ["", "All"],
    ...(Object.entries(ASSET_TYPE_NAMES) as [AssetType, string][]),
  ];
  return (
    <div class="type-filter" role="group" aria-label="Asset type">
      {choices.map(([value, name]) => (
        <button key={value} type="button" aria-pressed={type.value === value} onClick={() => type.set(value)}>
          {name}
        </button>
      ))}
    </div>
  );
}

function Rows() {
  useStores([desk.instruments, desk.symbol, text, type]);
  const cells = useRowPainter();
  const shown = matching(desk.instruments.all(), text.value, type.value);
  return (
    <div class="watch-list" role="grid" aria-label="Quotes" aria-rowcount={shown.length}>
      <div class="watch-row watch-head" role="row">
        <span role="columnheader">Symbol</span>
        <span role="columnheader">Last</span>
        <span role="columnheader" title="Change since the first price of the day (UTC)">
          Chg
        </span>
        <span role="columnheader">Bid</span>
        <span role="columnheader">Ask</span>
      </div>
      {shown.map((instrument) => (
        <Row
          key={instrument.symbol}
          instrument={instrument}
          cells={cells}
          isShown={instrument.symbol === desk.symbol.value}
        />
      ))}
      {shown.length === 0 && <p class="empty">No instrument matches.</p>}
    </div>
  );
}

interface RowProps {
  instrument: Instrument;
  cells: Map<string, RowCells>;
  isShown: boolean;
}

function Row({ instrument, cells, isShown }: RowProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [, last, change, bid, ask] = element.current?.children ?? [];
    const row = { last, change, bid, ask } as RowCells;
    cells.set(instrument.symbol, row);
    paintRow(row, instrument, desk.quotes.get(instrument.symbol));
    return () => {
      if (cells.get(instrument.symbol) === row) cells.delete(instrument.symbol);
    };
  }, [instrument]);
  return (
    <div
      ref={element}
      class="watch-row"
      role="row"
      tabIndex={isShown ? 0 : -1}
      aria-selected={isShown}
      data-testid={`instrument-${instrument.symbol}`}
      onClick={() => desk.showInstrument(instrument.symbol)}
      onKeyDown={moveByKey}
    >
      <span role="gridcell" class="symbol" title={`${instrument.name} · ${ASSET_TYPE_NAMES[instrument.asset_type]}`}>
        {instrument.symbol}
      </span>
      <span role="gridcell" class="last" />
      <span role="gridcell" class="change" />
      <span role="gridcell" />
      <span role="gridcell" />
    </div>
  );
}

/** The arrows walk through the list. */
function moveByKey(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = event.currentTarget as HTMLElement;
  const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
  const symbol = next?.getAttribute("data-testid")?.replace("instrument-", "");
  if (!(next instanceof HTMLElement) || symbol === undefined) return;
  event.preventDefault();
  desk.showInstrument(symbol);
  next.focus();
}
