// Whether what is shown is what is: always said, and never kept from who looks.

import { PAGE, one } from "./page";

const OFFLINE_AFTER_MS = 8000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const status = one("[data-connection]");
const text = one("[data-connection-text]");
let liveAt = new Date();
let offline: number | null = null;

function say(state: string, words: string): void {
  if (text.textContent === words) return;
  status.dataset.connection = state;
  text.textContent = words;
}

export const isLive = (): boolean => status.dataset.connection === "live";

// Returns whether it had been lost: then whatever is shown may have been shown too long.
export function live(how: "socket" | "polling"): boolean {
  const wasLost = !["live", "connecting"].includes(status.dataset.connection!);
  liveAt = new Date();
  if (offline !== null) clearTimeout(offline);
  offline = null;
  say("live", how === "socket" ? "Live" : "Live, every few seconds");
  return wasLost;
}

export function lost(): void {
  if (offline !== null) return;
  say("reconnecting", "Reconnecting…");
  offline = setTimeout(() => say("offline", `Offline – showing the state of ${clock.format(liveAt)}`), OFFLINE_AFTER_MS);
}

export function signedOut(): void {
  if (offline !== null) clearTimeout(offline);
  const link = Object.assign(document.createElement("a"), { href: PAGE.login, textContent: "Signed out – sign in again" });
  status.dataset.connection = "offline";
  text.replaceChildren(link);
  // What is shown here is not for whoever comes next to this screen.
  location.replace(PAGE.login);
}
