import { desk } from "../state/desk";
import { directionOf, profit } from "../state/display";
import { useStores } from "../state/hooks";
import { totalsOf } from "../state/positions";
import { theme, toggleTheme } from "../state/preferences";
import { KillSwitch } from "./kill-switch";
import { ShortcutsButton } from "./shortcuts";

export function TopBar() {
  return (
    <header class="top-bar">
      <p class="brand">
        <img src="/icon.svg" alt="" width="22" height="22" /> tickmesh
      </p>
      <PortfolioChoice />
      <ProfitAndLoss />
      <span class="spring" />
      <ConnectionState />
      <ShortcutsButton />
      <ThemeButton />
      <KillSwitch />
    </header>
  );
}

function PortfolioChoice() {
  useStores([desk.portfolios, desk.portfolioId]);
  return (
    <label class="portfolio-choice">
      <span>Portfolio</span>
      <select
        data-testid="portfolio"
        value={desk.portfolioId.value}
        onChange={(event) => desk.showPortfolio(event.currentTarget.value)}
      >
        {desk.portfolios.value.map((item) => (
          <option key={item.portfolio_id} value={item.portfolio_id}>
            {item.name && item.name !== item.portfolio_id ? `${item.portfolio_id} · ${item.name}` : item.portfolio_id}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The portfolio's profit and loss in its base currency. */
function ProfitAndLoss() {
  useStores([desk.positions, desk.portfolioId], 200);
  const totals = totalsOf(desk.positions.all());
  const currency = totals.currency || desk.portfolio()?.base_currency || "";
  return (
    <dl class="totals">
      <div>
        <dt>Unrealised</dt>
        <dd data-direction={directionOf(totals.unrealized)}>{profit(totals.unrealized)}</dd>
      </div>
      <div>
        <dt>Realised</dt>
        <dd data-direction={directionOf(totals.realized)}>{profit(totals.realized)}</dd>
      </div>
      {currency !== "" && <div class="unit">{currency}</div>}
      {totals.missing.length > 0 && <div class="unvalued">no rate or mark for {totals.missing.join(", ")}</div>}
    </dl>
  );
}

const FEED_WORDS = {
  quotes: "quotes",
  market: "depth and trades",
  bars: "bars",
  orders: "orders",
  positions: "positions",
  risk: "risk events",
  health: "health",
  engine: "engine",
};

function ConnectionState() {
  useStores([desk.feeds, desk.feeds.overall]);
  const isLive = desk.feeds.overall.value === "LIVE";
  const stale = desk.feeds.stale().map((name) => FEED_WORDS[name]);
  const title = isLive ? "Every feed is live" : `Not live: ${stale.join(", ") || "connecting"}`;
  return (
    <span class="connection" data-state={isLive ? "LIVE" : "STALE"} role="status" aria-live="polite" title={title}>
      <i aria-hidden="true" />
      <b data-testid="connection-state">{isLive ? "LIVE" : "STALE"}</b>
      {!isLive && (
        <small>
          {stale.slice(0, 2).join(", ")}
          {stale.length > 2 && ` +${stale.length - 2}`}
        </small>
      )}
    </span>
  );
}

function ThemeButton() {
  useStores([theme]);
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Switch to ${other} colours`}
      title={`Switch to ${other} colours`}
      onClick={toggleTheme}
    >
      {theme.value === "dark" ? "☀" : "☾"}
    </button>
  );
}
