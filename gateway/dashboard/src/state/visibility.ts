const HIDDEN_MS = 20_000;

/** Says when nobody has looked at the page for a while, and when somebody looks again: what nobody sees costs nothing. */
export function watchVisibility(left: () => void, back: () => void): () => void {
  let timer = 0;
  let isAway = false;
  const look = (): void => {
    window.clearTimeout(timer);
    if (document.hidden) {
      timer = window.setTimeout(() => {
        isAway = true;
        left();
      }, HIDDEN_MS);
    } else if (isAway) {
      isAway = false;
      back();
    }
  };
  document.addEventListener("visibilitychange", look);
  return () => {
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
