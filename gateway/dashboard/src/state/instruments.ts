import { get } from "../api/http";
import type { AssetType, Instrument } from "../api/types";
import { Store } from "./store";

interface Page {
  instruments?: Instrument[];
  next_page_token?: string;
}

/** Every listed instrument, by symbol. */
export class InstrumentStore extends Store {
  private readonly bySymbol = new Map<string, Instrument>();

  get(symbol: string): Instrument | undefined {
    return this.bySymbol.get(symbol);
  }

  all(): Instrument[] {
    return [...this.bySymbol.values()];
  }

  put(instrument: Instrument): void {
    this.bySymbol.set(instrument.symbol, instrument);
    this.touch();
  }

  async load(): Promise<void> {
    let token = "";
    do {
      const page: Page = await get<Page>("/api/v1/instruments", { page_size: 500, page_token: token });
      for (const instrument of page.instruments ?? []) this.put(instrument);
      token = page.next_page_token ?? "";
    } while (token !== "");
  }
}

export const ASSET_TYPE_NAMES: Record<AssetType, string> = {
  STOCK: "Stocks",
  ETF: "ETFs",
  REIT: "REITs",
  BOND: "Bonds",
  MUTUAL_FUND: "Funds",
  FOREX: "FX",
  CRYPTO: "Crypto",
  COMMODITY: "Cmdty",
};

/** Instruments of a type (all when empty) whose symbol or name holds the text; symbols that start with it come first. */
export function matching(instruments: readonly Instrument[], text: string, type: AssetType | ""): Instrument[] {
  const wanted = text.trim().toLowerCase();
  const rank = (item: Instrument): number => (item.symbol.toLowerCase().startsWith(wanted) ? 0 : 1);
  return instruments
    .filter((item) => type === "" || item.asset_type === type)
    .filter((item) => `${item.symbol} ${item.name}`.toLowerCase().includes(wanted))
    .sort((left, right) => rank(left) - rank(right) || left.symbol.localeCompare(right.symbol));
}
