// Drag and drop with the keyboard: Space picks up, arrow keys move, Enter drops, Escape cancels.

import { targetOf } from "../../shared/dom";
import { t } from "../../shared/messages";
import { announce } from "../announcer";
import { isAsking } from "../override-reason";
import { PAGE } from "../page";
import { adjacentStart, cycle } from "./drop-targets";
import { allowedLanes } from "./lanes";
import { activeSession, startSession, type DragSession } from "./session";

// Picks up a job or a booking. `onEnd` is told whether it was booked.
export function pickUp(element: HTMLElement, onEnd: (isBooked: boolean) => void = () => undefined): void {
  if (PAGE.mayAssign && !activeSession()) startSession(element, "keyboard", { onEnd });
}

// Left and right choose the time, up and down the contractor.
function moveByKey(session: DragSession, key: string): void {
  if (!session.spot) return;
  const { lane, minute } = session.spot;
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = cycle(allowedLanes(), lane, key === "ArrowDown" ? 1 : -1);
    if (next) session.moveToLane(next, minute);
  } else {
    const next = adjacentStart(session.startsIn(lane), minute, key === "ArrowRight" ? 1 : -1);
    if (next) session.moveToLane(lane, next.minute);
  }
}

function pickUpFocused(event: KeyboardEvent): void {
  const block = targetOf(event)?.closest<HTMLElement>("[data-movable]");
  if (event.key !== " " || event.ctrlKey || !block) return;
  event.preventDefault();
  pickUp(block);
}

function handleKeyDown(event: KeyboardEvent): void {
  if (isAsking()) return;
  const session = activeSession();
  if (!session) {
    pickUpFocused(event);
    return;
  }
  if (event.key === "Escape") {
    if (session.isDropped) return;
    session.end();
    announce(t("dragCanceled"));
  } else if (event.key.startsWith("Arrow")) moveByKey(session, event.key);
  else if (event.key === "Enter" || event.key === " ") void session.drop();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function listenToKeyboard(): void {
  addEventListener("keydown", handleKeyDown, true);
  // A button reacts to Space on release.
  addEventListener(
    "keyup",
    (event) => {
      if (event.key === " " && targetOf(event)?.closest("[data-movable]")) event.preventDefault();
    },
    true,
  );
}
