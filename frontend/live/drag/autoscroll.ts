// Scrolling while a job is held near the edge of the board.

const EDGE_PIXELS = 48;
const STEP_PIXELS = 16;

// How far to scroll when the pointer is at height `y`.
export function autoscrollStep(y: number, { top, bottom }: { top: number; bottom: number }): number {
  if (y < top + EDGE_PIXELS) return -STEP_PIXELS;
  return y > bottom - EDGE_PIXELS ? STEP_PIXELS : 0;
}
