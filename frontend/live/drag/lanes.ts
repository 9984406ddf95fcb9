// Marks the lanes that can take the dragged job.

import { dataValue, find, findAll } from "../../shared/dom";
import type { DropTarget } from "./drop-targets";

export type DropTargets = Map<string, DropTarget>;

export function markLanes(targets: DropTargets): void {
  for (const lane of findAll("[data-lane]")) {
    const target = targets.get(dataValue(lane, "lane"));
    lane.classList.add(target?.starts.length ? "can" : "cannot");
    if (target?.reason) find(".track", lane).dataset.reason = target.reason;
  }
}

export function unmarkLanes(): void {
  for (const lane of findAll("[data-lane]")) {
    lane.classList.remove("can", "cannot");
    delete find(".track", lane).dataset.reason;
  }
}

// The row of a candidate that is shown above is hidden further down.
export const allowedLanes = (): HTMLElement[] => findAll("[data-lane].can").filter((lane) => !lane.hidden);
