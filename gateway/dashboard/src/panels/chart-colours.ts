/** The page's colours as the chart library wants them. */
export interface ChartColours {
  text: string;
  line: string;
  buy: string;
  sell: string;
  buyFaint: string;
  sellFaint: string;
  cross: string;
}

/** Asks the style sheet, so that a colour is said in one place only. */
export function chartColours(): ChartColours {
  return {
    text: resolved("--text-muted"),
    line: resolved("--chart-grid"),
    buy: resolved("--buy"),
    sell: resolved("--sell"),
    buyFaint: resolved("--buy-faint"),
    sellFaint: resolved("--sell-faint"),
    cross: resolved("--text-faint"),
  };
}

function resolved(name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
