import { Cell } from "./store";

/** What the page remembers from visit to visit. Without storage it forgets, and works. */

export function remembered(key: string): string {
  try {
    return localStorage.getItem(`tickmesh.${key}`) ?? "";
  } catch {
    return "";
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`tickmesh.${key}`, value);
  } catch {
    // Storage is switched off: nothing to remember with.
  }
}

export type Theme = "light" | "dark";

function systemTheme(): MediaQueryList {
  return matchMedia("(prefers-color-scheme: light)");
}

function initialTheme(): Theme {
  const chosen = remembered("theme");
  if (chosen === "light" || chosen === "dark") return chosen;
  return systemTheme().matches ? "light" : "dark";
}

export const theme = new Cell<Theme>("dark");

function show(value: Theme): void {
  document.documentElement.dataset["theme"] = value;
  theme.set(value);
}

/** Shows the chosen theme, or the system's, and follows the system until one is chosen. */
export function startTheme(): void {
  show(initialTheme());
  systemTheme().addEventListener("change", () => {
    if (remembered("theme") === "") show(initialTheme());
  });
}

export function toggleTheme(): void {
  const next: Theme = theme.value === "dark" ? "light" : "dark";
  remember("theme", next);
  show(next);
}
