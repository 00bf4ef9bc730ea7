import { useEffect, useRef, useState } from "preact/hooks";
import { onFrame, type Painter } from "./frame";
import type { Store } from "./store";

/** Renders the component again in the frame after a store changed, at most once an interval. */
export function useStores(stores: readonly Store[], intervalMs = 0): void {
  const [, render] = useState(0);
  const latest = useRef(stores);
  latest.current = stores;
  useEffect(() => {
    let painted = -1;
    let paintedMs = -Infinity;
    return onFrame((nowMs) => {
      const version = latest.current.reduce((sum, store) => sum + store.version, 0);
      if (version === painted || nowMs - paintedMs < intervalMs) return;
      painted = version;
      paintedMs = nowMs;
      render((count) => count + 1);
    });
  }, []);
}

/** Paints by hand in every frame while the component is there. */
export function usePainter(painter: Painter): void {
  const latest = useRef(painter);
  latest.current = painter;
  useEffect(() => onFrame((nowMs) => latest.current(nowMs)), []);
}
