import { desk } from "../state/desk";
import { count } from "../state/display";
import { useStores } from "../state/hooks";
import { fullTime } from "../state/moments";
import type { ServiceHealth } from "../state/system";

/** Health of the services and the state of the engine, along the lower edge. */
export function StatusBar() {
  return (
    <footer class="status-bar">
      <Health />
      <span class="spring" />
      <Engine />
      <a
        class="credit"
        href="https://www.tradingview.com/"
        target="_blank"
        rel="noreferrer noopener"
        title="TradingView Lightweight Charts™, Copyright © TradingView, Inc."
      >
        Charts by TradingView
      </a>
    </footer>
  );
}

function Health() {
  useStores([desk.health, desk.feeds], 200);
  return (
    <ul class="health" aria-label="Health of the services" data-state={desk.feeds.state("health")}>
      {desk.health.all().map((service) => (
        <HealthItem key={service.service} service={service} />
      ))}
    </ul>
  );
}

function HealthItem({ service }: { service: ServiceHealth }) {
  const words = service.status.toLowerCase().replace("_", " ");
  return (
    <li data-testid={`health-${service.service}`} data-status={service.status} title={`${service.service}: ${words}`}>
      <i aria-hidden="true" />
      {service.service}
      <span class="visually-hidden">: {words}</span>
    </li>
  );
}

function Engine() {
  useStores([desk.engine, desk.feeds], 250);
  const status = desk.engine.status;
  const rate = status?.commands_per_second;
  return (
    <dl class="engine" aria-label="Engine" data-state={desk.feeds.state("engine")}>
      <Fact name="commands/s" value={rate === undefined ? "–" : count(Math.round(rate))} />
      <Fact name="sequence" value={count(status?.command_sequence)} />
      <Fact name="open orders" value={count(status?.open_orders)} />
      <Fact name="epoch" value={count(status?.epoch)} title={`running since ${fullTime(status?.start_time)}`} />
      <Fact
        name="state"
        value={status?.state_hash || "–"}
        title="Hash of the whole engine state: a replay of the journal gives the same"
      />
    </dl>
  );
}

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
