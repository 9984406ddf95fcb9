// The parts of the page, read anew when something happens: a few at a time, at most once a second.

import { SignedOut, all, fetchHtml, one } from "./page";
import { axis, boardPart, placeAll, placeBoard, showNow } from "./timeline";

export type Part = "figures" | "jobs" | "board" | "feed";
export const EVERY_PART: Part[] = ["figures", "jobs", "board", "feed"];

const GATHER_MS = 120;
const AT_MOST_EVERY_MS = 1000;
const MOST_ITEMS = 60;
// Above so many, the whole board is not dearer.
const MOST_LANES = 40;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

const wanted = new Set<Part>();
const lanes = new Set<string>();
let timer: number | null = null;
let loadedAt = 0;
let held = 0;
let onSignedOut = (): void => undefined;

// What the board is asked for: the day and the filters, as in the address of the page.
export let question = new URLSearchParams(location.search);

export function ask(params: URLSearchParams): Promise<void> {
  question = params;
  return loadBoard();
}

export const whenSignedOut = (act: () => void): void => void (onSignedOut = act);

export function refresh(names: Part[], laneIds: string[] = []): void {
  names.forEach((name) => wanted.add(name));
  laneIds.forEach((id) => lanes.add(id));
  if (!wanted.size && !lanes.size) return;
  timer ??= setTimeout(() => void load(), Math.max(GATHER_MS, loadedAt + AT_MOST_EVERY_MS - Date.now()));
}

// While something is being dragged about, the board under it stays as it is.
export function hold(): () => void {
  held += 1;
  return () => {
    held -= 1;
    refresh([]);
  };
}

async function load(): Promise<void> {
  if (held) {
    timer = setTimeout(() => void load(), GATHER_MS);
    return;
  }
  if (lanes.size > MOST_LANES) wanted.add("board");
  const names = [...wanted];
  const ids = wanted.has("board") ? [] : [...lanes];
  wanted.clear();
  lanes.clear();
  loadedAt = Date.now();
  try {
    await Promise.all([names.length ? loadParts(names) : null, ids.length ? loadLanes(ids) : null]);
  } catch (error) {
    if (error instanceof SignedOut) return onSignedOut();
    names.forEach((name) => wanted.add(name));
    ids.forEach((id) => lanes.add(id));
  }
  timer = wanted.size || lanes.size ? setTimeout(() => void load(), AT_MOST_EVERY_MS) : null;
}

async function loadParts(names: Part[]): Promise<void> {
  const asked = question;
  const fresh = await fetchHtml("", new URLSearchParams([...asked, ["parts", names.join()]]));
  for (const part of all("[data-part]", fresh)) {
    const name = part.dataset.part as Part;
    // An answer to another question than the one that now stands is an old one.
    if (name === "board" && (asked !== question || held)) wanted.add("board");
    else if (name === "feed") prepend(one(`[data-part="feed"]`), part);
    else replace(one(`[data-part="${name}"]`), part);
  }
}

let asking = 0;

async function loadBoard(): Promise<void> {
  asking += 1;
  const turn = asking;
  const fresh = await fetchHtml("", new URLSearchParams([...question, ["parts", "board"]]));
  if (turn === asking) replace(boardPart(), one('[data-part="board"]', fresh));
}

async function loadLanes(ids: string[]): Promise<void> {
  const part = boardPart();
  const params = new URLSearchParams([...question, ["contractors", ids.join()]]);
  params.set("day", part.dataset.day!);
  const fresh = await fetchHtml("lanes/", params);
  if (part !== boardPart()) return;
  const found = new Map(all("[data-lane]", fresh).map((lane) => [lane.dataset.lane!, lane]));
  for (const id of ids) {
    const shown = part.querySelector<HTMLElement>(`[data-lane="${CSS.escape(id)}"]`);
    const lane = found.get(id);
    // One that comes or goes changes where the others are.
    if (!shown !== !lane) refresh(["board"]);
    else if (shown && lane) {
      replace(shown, lane);
      if (!placeAll(lane, axis(part))) refresh(["board"]);
      showNow(part);
    }
  }
}

// Marks what is new, and keeps the keyboard where it was.
function replace(shown: HTMLElement, part: HTMLElement): void {
  const known = new Set(all("[data-key]", shown).map((row) => row.dataset.key));
  const focused = shown.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const key = focused?.closest<HTMLElement>("[data-key]")?.dataset.key;
  const selector = focused && (focused.getAttribute("href") ? `[href="${CSS.escape(focused.getAttribute("href")!)}"]` : null);
  if (part.dataset.day === shown.dataset.day) {
    for (const row of all("[data-key]", part)) row.classList.toggle("new", !known.has(row.dataset.key));
  }
  shown.replaceWith(part);
  if (part.dataset.part === "board") placeBoard();
  if (!focused) return;
  const again = (selector && part.querySelector<HTMLElement>(selector)) || part.querySelector<HTMLElement>(`[data-key="${key}"]`);
  again?.focus({ preventScroll: true });
}

// Adds what is missing on top, so that a screen reader reads out just that.
function prepend(shown: HTMLElement, part: HTMLElement): void {
  const newest = Number(shown.querySelector<HTMLElement>("[data-sequence]")?.dataset.sequence ?? 0);
  const items = all("[data-sequence]", part).filter((item) => Number(item.dataset.sequence) > newest);
  if (!items.length) return;
  const list = one("ol", shown);
  list.querySelector(".empty")?.remove();
  items.forEach((item) => item.classList.add("new"));
  list.prepend(...items);
  localise(list);
  [...list.children].slice(MOST_ITEMS).forEach((item) => item.remove());
}

export function localise(root: ParentNode): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>("time:not([title])")) {
    const when = new Date(time.dateTime);
    time.title = time.textContent ?? "";
    time.textContent = when.toDateString() === new Date().toDateString() ? clock.format(when) : moment.format(when);
  }
}
