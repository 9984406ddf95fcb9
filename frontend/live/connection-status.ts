// The line at the top of the page that says whether it is up to date.

import { create, find } from "../shared/dom";
import { formatTime } from "../shared/formatting";
import { t } from "../shared/messages";
import type { Transport } from "./event-stream";
import { PAGE } from "./page";

const OFFLINE_AFTER_MS = 8000;
const status = find("[data-connection]");
const text = find("[data-connection-text]");
let lastLive = new Date();
let offlineTimer: number | undefined;

function show(state: string, words: string): void {
  if (text.textContent === words) return;
  status.dataset.connection = state;
  text.textContent = words;
}

function stopTimer(): void {
  clearTimeout(offlineTimer);
  offlineTimer = undefined;
}

export const isLive = (): boolean => status.dataset.connection === "live";

// Returns whether the connection had been lost: the page may then be out of date.
export function showLive(transport: Transport): boolean {
  const wasLost = !["live", "connecting"].includes(status.dataset.connection ?? "");
  lastLive = new Date();
  stopTimer();
  show("live", transport === "socket" ? t("live") : t("livePolling"));
  return wasLost;
}

export function showLost(): void {
  if (offlineTimer !== undefined) return;
  show("reconnecting", t("reconnecting"));
  offlineTimer = window.setTimeout(() => {
    show("offline", t("offline", { time: formatTime(lastLive) }));
  }, OFFLINE_AFTER_MS);
}

export function showSignedOut(): void {
  stopTimer();
  status.dataset.connection = "offline";
  text.replaceChildren(create("a", { href: PAGE.loginUrl, textContent: t("signedOut") }));
  // The next person at this screen must not see the data, nor go back to it.
  location.replace(PAGE.loginUrl);
}
