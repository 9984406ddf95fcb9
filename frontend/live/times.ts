// How long ago something happened; date and time in the time zone of the browser are the tooltip.

import { findAll } from "../shared/dom";
import { formatDateTime } from "../shared/formatting";
import { t } from "../shared/messages";

const MINUTE_MS = 60 * 1000;

// The same steps as `relative` in smartscheduler/core/formatting.py.
export function timeAgo(date: Date, now = new Date()): string {
  const minutes = Math.max(0, Math.round((now.getTime() - date.getTime()) / MINUTE_MS));
  if (minutes === 0) return t("justNow");
  if (minutes < 60) return t("minutesAgo", { count: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 24 ? t("hoursAgo", { count: hours }) : t("daysAgo", { count: Math.round(hours / 24) });
}

export function showTimes(root: ParentNode = document): void {
  for (const time of findAll<HTMLTimeElement>("time", root)) {
    const date = new Date(time.dateTime);
    const text = timeAgo(date);
    time.title = formatDateTime(date);
    // A new text node would be read aloud, because the list is a live region for additions.
    if (time.firstChild) time.firstChild.nodeValue = text;
    else time.textContent = text;
  }
}
