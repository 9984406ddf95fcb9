// Partials of the page, rendered by the server and reloaded after events: together, and at most once a second.

import { dataValue, find, findAll } from "../shared/dom";
import { markBookedBlock } from "./booked-block";
import { SignedOut, fetchHtml } from "./http";
import { isComplete, placeOf, scrollToPlace, scroller, settle, stretchParams, withoutPlace } from "./row-window";
import { axisOf, boardElement, markLate, placeAll, placeBoard, placeCurrentTime } from "./timeline";
import { showTimes } from "./times";

export type PartialName = "figures" | "jobs" | "counts" | "board" | "feed";
export const ALL_PARTIALS: PartialName[] = ["figures", "jobs", "counts", "board", "feed"];

// Events come in groups: one booking causes several.
const GATHER_MS = 120;
const MIN_INTERVAL_MS = 1000;
const MAX_FEED_ITEMS = 60;
// Above this number of lanes the whole board is as cheap.
const MAX_LANES = 40;

const pendingPartials = new Set<PartialName>();
const pendingLanes = new Set<string>();
let timer: number | undefined;
let lastLoad = 0;
let pauses = 0;
const boardListeners: (() => void)[] = [];
let signedOutHandler = (): void => undefined;

// The day and the filters of the board, as in the address of the page, without the place that the page opened at.
export let boardQuery = withoutPlace(new URLSearchParams(location.search));

// The same with the day and the clock that the board shows: by default they depend on the contractors and the time.
export function shownBoardQuery(): URLSearchParams {
  const params = new URLSearchParams(boardQuery);
  for (const name of ["day", "clock"]) params.set(name, dataValue(boardElement(), name));
  return params;
}

// Shows the board of other filters, from its first row or the place that the query asks for.
export function showBoard(query: URLSearchParams): Promise<void> {
  boardQuery = withoutPlace(query);
  return showRows(placeOf(query), { keepScroll: false, partials: "board,counts" });
}

// Calls `listener` after rows of the board have been replaced.
export function onBoardChange(listener: () => void): void {
  boardListeners.push(listener);
}

function notifyChange(): void {
  for (const listener of boardListeners) listener();
}
// While a job or booking is held.
export const isPaused = (): boolean => pauses > 0;

type FreshRowsHandler = (fresh: HTMLElement, shown: HTMLElement) => void;
let freshRowsHandler: FreshRowsHandler = () => undefined;

// Called with each new version of the board or of a row, before it takes the place of the one that is shown.
export function onFreshRows(handler: FreshRowsHandler): void {
  freshRowsHandler = handler;
}

export function onSignedOut(handler: () => void): void {
  signedOutHandler = handler;
}

export function refresh(partials: PartialName[], lanes: string[] = []): void {
  for (const partial of partials) pendingPartials.add(partial);
  for (const lane of lanes) pendingLanes.add(lane);
  if (!pendingPartials.size && !pendingLanes.size) return;
  timer ??= window.setTimeout(() => void load(), Math.max(GATHER_MS, lastLoad + MIN_INTERVAL_MS - Date.now()));
}

// Keeps the board as it is during a drag. Returns the function that ends the pause.
export function pauseRefresh(): () => void {
  pauses += 1;
  return () => {
    pauses -= 1;
    refresh([]);
  };
}

async function load(): Promise<void> {
  if (pauses) {
    timer = window.setTimeout(() => void load(), GATHER_MS);
    return;
  }
  if (pendingLanes.size > MAX_LANES) pendingPartials.add("board");
  const partials = [...pendingPartials];
  const lanes = pendingPartials.has("board") ? [] : [...pendingLanes];
  pendingPartials.clear();
  pendingLanes.clear();
  lastLoad = Date.now();
  try {
    await Promise.all([partials.length ? loadPartials(partials) : null, lanes.length ? loadLanes(lanes) : null]);
  } catch (error) {
    if (error instanceof SignedOut) {
      signedOutHandler();
      return;
    }
    for (const partial of partials) pendingPartials.add(partial);
    for (const lane of lanes) pendingLanes.add(lane);
  }
  const isPending = pendingPartials.size || pendingLanes.size;
  timer = isPending ? window.setTimeout(() => void load(), MIN_INTERVAL_MS) : undefined;
}

async function loadPartials(partials: PartialName[]): Promise<void> {
  const query = boardQuery;
  const rows = partials.includes("board") ? stretchParams(boardElement()) : [];
  const response = await fetchHtml("", new URLSearchParams([...query, ["parts", partials.join()], ...rows]));
  for (const element of findAll("[data-part]", response)) {
    const partial = dataValue(element, "part") as PartialName;
    // A drag may have begun since the request, with a card of the jobs or a block of the board, or the filters have changed.
    const isHeld = isPaused() && (partial === "board" || partial === "jobs");
    const isOther = query !== boardQuery && (partial === "board" || partial === "counts");
    if (isHeld || isOther) pendingPartials.add(partial);
    else if (partial === "feed") prependFeed(find(`[data-part="feed"]`), element);
    else replace(find(`[data-part="${partial}"]`), element);
  }
}

let boardRequests = 0;

interface ShownRows {
  keepScroll: boolean;
  // With other filters, the figures of all rows change too.
  partials?: "board" | "board,counts";
}

// Replaces the rows by those at another place.
export async function showRows(place: [string, string][], { keepScroll, partials = "board" }: ShownRows): Promise<void> {
  boardRequests += 1;
  const request = boardRequests;
  const response = await fetchHtml("", new URLSearchParams([...boardQuery, ["parts", partials], ...place]));
  if (request !== boardRequests) return;
  const counts = response.querySelector<HTMLElement>('[data-part="counts"]');
  if (counts) replace(find('[data-part="counts"]'), counts);
  replace(boardElement(), find('[data-part="board"]', response));
  if (!keepScroll) scrollToPlace(boardElement(), place);
}

async function loadLanes(changed: string[]): Promise<void> {
  const board = boardElement();
  const loaded = new Set(findAll("[data-lane]", board).map((row) => row.dataset.lane));
  // A row of a page that is not loaded shows the change when it is loaded.
  const ids = isComplete(board) ? changed : changed.filter((id) => loaded.has(id));
  if (!ids.length) return;
  const params = shownBoardQuery();
  params.set("contractors", ids.join());
  const response = await fetchHtml("lanes/", params);
  if (board !== boardElement()) return;
  if (isPaused()) {
    // A drag has begun since the request: its rows stay.
    for (const id of ids) pendingLanes.add(id);
    return;
  }
  const lanes = new Map(findAll("[data-lane]", response).map((lane) => [lane.dataset.lane, lane]));
  for (const id of ids) {
    const shown = board.querySelector<HTMLElement>(`[data-lane="${CSS.escape(id)}"]`);
    const lane = lanes.get(id);
    // A lane that appears or disappears changes where the others are.
    if (!shown !== !lane) refresh(["board"]);
    else if (shown && lane) {
      // Before the swap: what stands beside the focused block measures where it is.
      const isInside = placeAll(lane, axisOf(board));
      replace(shown, lane);
      if (!isInside) refresh(["board"]);
    }
  }
  placeCurrentTime();
  markLate();
  notifyChange();
}

// Swaps in a new version: marks new rows and keeps the keyboard focus.
function replace(shown: HTMLElement, fresh: HTMLElement): void {
  const knownRows = new Set(findAll("[data-key]", shown).map((row) => row.dataset.key));
  const restoreFocus = focusRestorer(shown);
  for (const name of ["aria-posinset", "aria-setsize"]) {
    const value = shown.getAttribute(name);
    if (value) fresh.setAttribute(name, value);
  }
  if (fresh.dataset.day === shown.dataset.day) {
    for (const row of findAll("[data-key]", fresh)) row.classList.toggle("new", !knownRows.has(row.dataset.key));
  }
  const isBoard = fresh.dataset.part === "board";
  const hasRows = fresh.matches('[data-part="board"], [data-lane]');
  const scrollTop = isBoard ? scroller().scrollTop : 0;
  if (hasRows) freshRowsHandler(fresh, shown);
  shown.replaceWith(fresh);
  if (hasRows) markBookedBlock();
  if (isBoard) {
    placeBoard();
    settle(fresh);
    scroller().scrollTop = scrollTop;
    notifyChange();
  }
  restoreFocus(fresh);
}

// Remembers the focused element by its link, else by its row.
export function focusRestorer(shown: HTMLElement): (fresh: HTMLElement) => void {
  const focused = document.activeElement;
  if (!focused || !shown.contains(focused)) return () => undefined;
  const href = focused.getAttribute("href");
  const key = focused.closest<HTMLElement>("[data-key]")?.dataset.key;
  return (fresh) => {
    const link = href ? fresh.querySelector<HTMLElement>(`[href="${CSS.escape(href)}"]`) : null;
    const row = key ? fresh.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) : null;
    (link ?? row)?.focus({ preventScroll: true });
  };
}

// Adds only new items on top, so that a screen reader reads out only these.
function prependFeed(shown: HTMLElement, fresh: HTMLElement): void {
  const newest = Number(shown.querySelector<HTMLElement>("[data-sequence]")?.dataset.sequence ?? 0);
  const items = findAll("[data-sequence]", fresh).filter((item) => Number(item.dataset.sequence) > newest);
  if (!items.length) return;
  const list = find("ol", shown);
  list.querySelector(".empty")?.remove();
  for (const item of items) item.classList.add("new");
  list.prepend(...items);
  showTimes(list);
  for (const item of [...list.children].slice(MAX_FEED_ITEMS)) item.remove();
}
