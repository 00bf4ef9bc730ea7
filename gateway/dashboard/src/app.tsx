import { Blotter } from "./panels/blotter";
import { Chart } from "./panels/chart";
import { HaltedBanner } from "./panels/halted-banner";
import { Ladder } from "./panels/ladder";
import { Login } from "./panels/login";
import { Notices } from "./panels/notices";
import { Positions } from "./panels/positions";
import { Shortcuts } from "./panels/shortcuts";
import { StatusBar } from "./panels/status-bar";
import { TapePanel } from "./panels/tape";
import { Ticket } from "./panels/ticket";
import { TopBar } from "./panels/top-bar";
import { usePageTitle } from "./panels/page-title";
import { Watchlist } from "./panels/watchlist";
import { useStores } from "./state/hooks";
import { session } from "./state/session";

export function App() {
  useStores([session]);
  return session.value === "IN" ? <TradingPage /> : <Login state={session.value} />;
}

function TradingPage() {
  usePageTitle();
  return (
    <div class="page">
      <TopBar />
      <HaltedBanner />
      <main class="desk">
        <Watchlist />
        <Chart />
        <Ladder />
        <TapePanel />
        <Ticket />
        <Blotter />
        <Positions />
      </main>
      <StatusBar />
      <Notices />
      <Shortcuts />
    </div>
  );
}
