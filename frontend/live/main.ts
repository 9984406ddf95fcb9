// Keeps the page in step with the events: each one refreshes the parts it touches.

import { EventStream } from "./stream.js";

const { after, heartbeat, socket, parts: partsUrl, login } = document.body.dataset;
const EVERY_PART = ["figures", "jobs", "today", "feed"];
const PARTS_OF = [
  [/^(Job|Assignment)/, EVERY_PART],
  [/^Contractor/, ["figures", "today", "feed"]],
  [/^Recommendations/, []],
  [/./, ["feed"]],
];
const GATHER_MS = 60;
const AT_MOST_EVERY_MS = 1000;
const OFFLINE_AFTER_MS = 8000;
const REFRESH_MS = 5 * 60 * 1000;
const MOST_ITEMS = 60;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

// --- Parts -------------------------------------------------------------------------------------

const wanted = new Set();
let timer = null;
let loadedAt = 0;

function refresh(names) {
  if (!names.length) return;
  names.forEach((name) => wanted.add(name));
  timer ??= setTimeout(load, Math.max(GATHER_MS, loadedAt + AT_MOST_EVERY_MS - Date.now()));
}

async function load() {
  const names = [...wanted];
  wanted.clear();
  loadedAt = Date.now();
  try {
    const answer = await fetch(`${partsUrl}?parts=${names}`, { headers: { Accept: "text/html" } });
    if (answer.status === 401) return signedOut();
    if (!answer.ok) throw new Error(answer.statusText);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    names.forEach((name) => wanted.add(name));
  }
  timer = wanted.size ? setTimeout(load, AT_MOST_EVERY_MS) : null;
}

function show(fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const shown = document.querySelector(`[data-part="${part.dataset.part}"]`);
    if (part.dataset.part === "feed") prepend(shown, part);
    else replace(shown, part);
  }
}

// Marks what is new, and keeps the keyboard where it was.
function replace(shown, part) {
  const known = new Set([...shown.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
  const focused = shown.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  for (const row of part.querySelectorAll("[data-key]")) row.classList.toggle("new", !known.has(row.dataset.key));
  shown.replaceWith(part);
  if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
}

// Adds what is missing on top, so that a screen reader reads out just that.
function prepend(shown, part) {
  const newest = Number(shown.querySelector("[data-sequence]")?.dataset.sequence ?? 0);
  const items = [...part.querySelectorAll("[data-sequence]")].filter((item) => Number(item.dataset.sequence) > newest);
  if (!items.length) return;
  const list = shown.querySelector("ol");
  list.querySelector(".empty")?.remove();
  items.forEach((item) => item.classList.add("new"));
  list.prepend(...items);
  localise(list);
  [...list.children].slice(MOST_ITEMS).forEach((item) => item.remove());
}

function localise(root) {
  for (const time of root.querySelectorAll("time:not([title])")) {
    const when = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = when.toDateString() === new Date().toDateString() ? clock.format(when) : moment.format(when);
  }
}

// --- Connection --------------------------------------------------------------------------------

const status = document.querySelector("[data-connection]");
const statusText = document.querySelector("[data-connection-text]");
let liveAt = new Date();
let lostFor = null;

function say(state, text) {
  if (statusText.textContent === text) return;
  status.dataset.connection = state;
  statusText.textContent = text;
}

function live() {
  liveAt = new Date();
  clearTimeout(lostFor);
  // Whatever was being shown before may have been shown too long.
  if (!["live", "connecting"].includes(status.dataset.connection)) refresh(EVERY_PART);
  lostFor = null;
  say("live", "Live");
}

function lost() {
  if (lostFor !== null) return;
  say("reconnecting", "Reconnecting…");
  lostFor = setTimeout(() => say("offline", `Offline – showing the state of ${clock.format(liveAt)}`), OFFLINE_AFTER_MS);
}

function signedOut() {
  clearTimeout(lostFor);
  const link = Object.assign(document.createElement("a"), { href: login, textContent: "Signed out – sign in again" });
  status.dataset.connection = "offline";
  statusText.replaceChildren(link);
}

async function isSignedIn() {
  try {
    return (await fetch(partsUrl)).status !== 401;
  } catch {
    return true; // no answer at all is no answer to this question
  }
}

localise(document);
new EventStream({
  path: socket,
  after: Number(after),
  heartbeatSeconds: Number(heartbeat),
  isSignedIn,
  handlers: {
    event: ({ type }) => refresh(PARTS_OF.find(([pattern]) => pattern.test(type))[1]),
    resync: () => refresh(EVERY_PART),
    live,
    lost,
    signedOut,
  },
}).open();
// Days end without an event.
setInterval(() => status.dataset.connection === "live" && refresh(EVERY_PART), REFRESH_MS);
