// Drag and drop of jobs and bookings on the board.

import { PAGE } from "../page";
import { listenToKeyboard } from "./keyboard";
import { listenToPointer } from "./pointer";

export { pickUp } from "./keyboard";

export function listen(): void {
  if (!PAGE.mayAssign) return;
  listenToPointer();
  listenToKeyboard();
}
