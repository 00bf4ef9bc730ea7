import { expect, test } from "vitest";
import type { ExecutionReport, Order, OrderStatus } from "../../src/api/types";
import { BlotterStore } from "../../src/state/blotter";

function anOrder(id: string, status: OrderStatus, second = 1): Order {
  return {
    order_id: id,
    client_order_id: `c-${id}`,
    portfolio_id: "demo",
    symbol: "AAPL",
    side: "BUY",
    order_type: "LIMIT",
    time_in_force: "DAY",
    quantity: "100",
    status,
    submit_time: `2026-01-02T03:04:0${id}Z`,
    update_time: `2026-01-02T03:05:0${second}Z`,
  };
}

function report(executionId: string, order: Order, kind: ExecutionReport["exec_type"] = "TRADE"): ExecutionReport {
  return { execution_id: executionId, exec_type: kind, order };
}

test("an order is open until a report says otherwise", () => {
  const blotter = new BlotterStore();
  blotter.report({ reports: [report("5", anOrder("1", "NEW"), "NEW")] });
  expect(blotter.openOrders()).toHaveLength(1);
  blotter.report({ reports: [report("9", anOrder("1", "FILLED", 2))] });
  expect(blotter.openOrders()).toHaveLength(0);
  expect(blotter.history()[0]?.status).toBe("FILLED");
});

test("a trade counts once however often it is reported", () => {
  const blotter = new BlotterStore();
  const trade = report("10", anOrder("1", "FILLED"));
  blotter.report({ reports: [trade, trade] });
  blotter.report({ reports: [trade] });
  expect(blotter.executions()).toHaveLength(1);
});

test("an older report does not take an order back", () => {
  const blotter = new BlotterStore();
  blotter.report({ reports: [report("10", anOrder("1", "FILLED", 3))] });
  blotter.report({ reports: [report("8", anOrder("1", "NEW", 1), "NEW")] });
  expect(blotter.history()[0]?.status).toBe("FILLED");
});

test("an answer that arrives after a newer report changes nothing", () => {
  const blotter = new BlotterStore();
  blotter.report({ reports: [report("10", anOrder("1", "FILLED", 3))] });
  blotter.take(anOrder("1", "NEW", 1));
  expect(blotter.openOrders()).toHaveLength(0);
});

test("the newest order and the newest trade are first", () => {
  const blotter = new BlotterStore();
  blotter.report({
    reports: [
      report("10", anOrder("1", "FILLED")),
      report("9007199254740995", anOrder("2", "FILLED")),
      report("9007199254740993", anOrder("3", "NEW")),
    ],
  });
  expect(blotter.history().map((order) => order.order_id)).toEqual(["3", "2", "1"]);
  expect(blotter.executions().map((item) => item.execution_id)).toEqual(["9007199254740995", "9007199254740993", "10"]);
});
