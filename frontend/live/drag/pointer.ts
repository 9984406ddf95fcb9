// Drag and drop with the mouse or a pen. A finger scrolls; the panel offers the same actions by touch.

import { find, targetOf } from "../../shared/dom";
import { axisOf } from "../timeline";
import { autoscrollStep } from "./autoscroll";
import { activeSession, startSession } from "./session";

const THRESHOLD_PIXELS = 6;

interface Press {
  element: HTMLElement;
  x: number;
  y: number;
}

let press: Press | null = null;
let isDragging = false;

// The block or card that a press picks up. Links and buttons of a card stay links and buttons.
function draggableOf(event: Event): HTMLElement | null {
  const target = targetOf(event);
  const element = target?.closest<HTMLElement>("[data-movable], .job") ?? null;
  return element?.matches(".job") && target?.closest("a, button") ? null : element;
}

// How many minutes after its start a block is held; a card is held at its start.
function grabMinutes({ element, x }: Press): number {
  if (!element.matches(".block")) return 0;
  const trackWidth = element.parentElement?.getBoundingClientRect().width || 1;
  return ((x - element.getBoundingClientRect().left) * axisOf().minutes) / trackWidth;
}

function handleDown(event: PointerEvent): void {
  const element = draggableOf(event);
  if (!element || event.button || event.pointerType === "touch" || activeSession()) return;
  press = { element, x: event.clientX, y: event.clientY };
  isDragging = false;
}

function handleMove(event: PointerEvent): void {
  if (press && !activeSession() && Math.hypot(event.clientX - press.x, event.clientY - press.y) > THRESHOLD_PIXELS) {
    isDragging = true;
    startSession(press.element, "pointer", { grabMinutes: grabMinutes(press) });
  }
  const session = activeSession();
  if (!isDragging || !session) return;
  // Without a button the pointer was released outside the window.
  if (!event.buttons) {
    session.end();
    return;
  }
  const lane = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-lane]") ?? null;
  session.moveToPoint(event.clientX, event.clientY, lane);
  const board = find("[data-view=board]");
  board.scrollBy(0, autoscrollStep(event.clientY, board.getBoundingClientRect()));
}

function handleUp(): void {
  if (press && isDragging) void activeSession()?.drop();
  press = null;
}

function handleCancel(): void {
  if (press) activeSession()?.end();
  press = null;
}

// The browser sends a click at the end of a drag.
function swallowClick(event: MouseEvent): void {
  if (!isDragging) return;
  isDragging = false;
  event.preventDefault();
  event.stopPropagation();
}

export function listenToPointer(): void {
  addEventListener("pointerdown", handleDown);
  addEventListener("pointermove", handleMove);
  addEventListener("pointerup", handleUp);
  addEventListener("pointercancel", handleCancel);
  addEventListener("click", swallowClick, true);
  // The browser's own drag of links and images.
  addEventListener("dragstart", (event) => {
    if (draggableOf(event)) event.preventDefault();
  });
}
