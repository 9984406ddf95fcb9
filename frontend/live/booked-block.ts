// The block of the last booking: the board scrolls to it once, and it stays marked when its row is loaded again.

import { boardElement } from "./timeline";

let assignment: string | null = null;
let contractor = "";
let isAwaited = false;
let takesFocus = false;

// `focus`: after a booking by keyboard the card is gone, so the focus goes on to the block.
export function showBookedBlock(id: string, { focus = false, row = "" } = {}): void {
  assignment = id;
  contractor = row;
  isAwaited = true;
  takesFocus = focus;
  markBookedBlock();
}

export function forgetBookedBlock(): void {
  assignment = null;
  isAwaited = false;
  for (const block of boardElement().querySelectorAll("[aria-current]")) block.removeAttribute("aria-current");
}

// The contractor whose row would have the block and is not loaded, or null. The block is awaited once more.
export function missingRow(): string | null {
  if (!assignment || !contractor || blockOnBoard(assignment)) return null;
  isAwaited = true;
  return contractor;
}

const blockOnBoard = (id: string): HTMLElement | null =>
  boardElement().querySelector<HTMLElement>(`.block[data-assignment="${CSS.escape(id)}"]`);

// Called for each new version of the board or of a row. The row may arrive later than the answer to the booking.
export function markBookedBlock(): void {
  if (!assignment) return;
  const block = blockOnBoard(assignment);
  if (!block) return;
  for (const other of boardElement().querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  block.setAttribute("aria-current", "true");
  if (!isAwaited) return;
  isAwaited = false;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  block.scrollIntoView({ block: "nearest", inline: "nearest", behavior: isCalm ? "auto" : "smooth" });
  if (takesFocus) block.focus({ preventScroll: true });
}
