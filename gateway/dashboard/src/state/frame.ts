/** The one animation loop of the page. Painters look at versions and dirty sets, and do nothing when nothing changed. */

export type Painter = (nowMs: number) => void;

const painters = new Set<Painter>();
let isRunning = false;

/** Calls the painter once a frame until the returned function is called. */
export function onFrame(painter: Painter): () => void {
  painters.add(painter);
  if (!isRunning) {
    isRunning = true;
    requestAnimationFrame(paint);
  }
  return () => painters.delete(painter);
}

function paint(nowMs: number): void {
  for (const painter of painters) painter(nowMs);
  isRunning = painters.size > 0;
  if (isRunning) requestAnimationFrame(paint);
}
