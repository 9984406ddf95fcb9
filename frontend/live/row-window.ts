// The loaded rows of the board: a stretch of all rows. Empty space above and below stands for the rows that are not
// loaded, so that the scroll bar shows where the stretch lies.

import { create, find, findAll } from "../shared/dom";
import { t } from "../shared/messages";

export const PAGE_ROWS = 60;
// The server answers with at most so many rows; more would make the page heavy.
export const MAX_ROWS = 300;
const USUAL_HEIGHT = 50;

export type Side = "earlier" | "later";

// Positions count from 1.
export interface Stretch {
  first: number;
  last: number;
  total: number;
}

export const scroller = (): HTMLElement => find("[data-view=board]");
// The candidates of a job have a list of their own.
export const rowList = (board: ParentNode): HTMLElement | null =>
  findAll(".lanes", board).find((list) => !list.closest("[data-candidates]")) ?? null;

export function rowsOf(board: ParentNode): HTMLElement[] {
  const list = rowList(board);
  return list ? findAll("[data-lane]", list) : [];
}


export function stretchOf(board: HTMLElement): Stretch {
  const first = Number(board.dataset.firstRow ?? 1);
  const count = rowsOf(board).length;
  return { first, last: first + count - 1, total: Math.max(Number(board.dataset.totalRows ?? count), first + count - 1) };
}

export const isComplete = (board: HTMLElement): boolean => {
  const { first, last, total } = stretchOf(board);
  return first === 1 && last >= total;
};

// Parameters that ask for the same rows again.
export function stretchParams(board: HTMLElement): [string, string][] {
  const { first, last } = stretchOf(board);
  const count = Math.min(MAX_ROWS, Math.max(PAGE_ROWS, last - first + 1));
  return [
    ["row", String(first)],
    ["rows", String(count)],
  ];
}

// The parameters that ask for a place on the board. The filters of all later requests do without them.
const PLACE = ["row", "rows", "at"];

export function withoutPlace(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => !PLACE.includes(name)));
}

export function placeOf(query: URLSearchParams): [string, string][] {
  return [...query].filter(([name]) => PLACE.includes(name));
}

// Rows outside the window have an estimated height until they are drawn (content-visibility), which moves those below.
const FRAMES_TO_SETTLE = 12;

// Scrolls to the contractor or the row that was asked for; without one, or if it is hidden, to the first row of all.
export function scrollToPlace(board: HTMLElement, place: [string, string][]): void {
  const { at, row } = Object.fromEntries(place) as Partial<Record<string, string>>;
  const [rows, area, { first, last }] = [rowsOf(board), scroller(), stretchOf(board)];
  const position = Math.min(Number(row ?? 1), last);
  const asked = at ? rows.find(({ dataset }) => dataset.lane === at.toLowerCase()) : position > 1 ? rows[position - first] : null;
  if (!asked) {
    area.scrollTop = 0;
    return;
  }
  stay(asked, () => {
    area.scrollTop += distanceTo(asked, board, { isCentered: Boolean(at) });
    // A contractor is looked for: the page follows.
    if (at) asked.scrollIntoView({ block: "nearest" });
  });
}

// Scrolls now, and again while rows get their heights, unless something else scrolls.
function stay(row: HTMLElement, scroll: () => void, frames = FRAMES_TO_SETTLE): void {
  scroll();
  if (!frames) return;
  const { scrollTop } = scroller();
  requestAnimationFrame(() => {
    if (row.isConnected && Math.abs(scroller().scrollTop - scrollTop) < 1) stay(row, scroll, frames - 1);
  });
}

// How far a row is from the upper edge of the visible rows, or from their middle.
function distanceTo(row: HTMLElement, board: HTMLElement, { isCentered }: { isCentered: boolean }): number {
  const [box, edge] = [row.getBoundingClientRect(), upperEdge(board)];
  const room = scroller().getBoundingClientRect().bottom - edge - box.height;
  return box.top - edge - (isCentered ? Math.max(0, room / 2) : 0);
}

// Where the rows begin, below the hours and the heading of a group, which stay at the top.
function upperEdge(board: HTMLElement): number {
  const heads = [".axis", ".group:not([hidden])"].map((head) => board.querySelector<HTMLElement>(head)?.offsetHeight ?? 0);
  return heads.reduce((sum, height) => sum + height, scroller().getBoundingClientRect().top);
}

// The rows of a page to load at one side.
export function pageAt(side: Side, { first, last, total }: Stretch): { first: number; count: number } | null {
  if (side === "later") return last < total ? { first: last + 1, count: Math.min(PAGE_ROWS, total - last) } : null;
  const start = Math.max(1, first - PAGE_ROWS);
  return first > 1 ? { first: start, count: first - start } : null;
}

// The average height of a row, measured once: the empty space and the scroll position must agree about it.
let height = 0;

export function rowHeight(board: HTMLElement): number {
  height ||= measuredHeight(board);
  return height || USUAL_HEIGHT;
}

// The width has changed, and the height with it.
export function forgetHeight(): void {
  height = 0;
}

function measuredHeight(board: HTMLElement): number {
  const rows = rowsOf(board);
  const [first, last] = [rows.at(0), rows.at(-1)];
  if (!first || !last) return 0;
  return (last.getBoundingClientRect().bottom - first.getBoundingClientRect().top) / rows.length;
}

// Adds the items of a page at one side. Returns the rows that were not there already.
export function addItems(board: HTMLElement, items: HTMLElement[], side: Side): HTMLElement[] {
  const list = rowList(board);
  if (!list) return [];
  const known = new Set(rowsOf(board).map((row) => row.dataset.lane));
  const fresh = items.filter((item) => !item.dataset.lane || !known.has(item.dataset.lane));
  const rows = fresh.filter((item) => item.dataset.lane);
  const content = [...list.children].filter((item) => !item.matches(".edge"));
  if (side === "later") (content.at(-1) ?? list.lastElementChild)?.after(...fresh);
  else content[0]?.before(...fresh);
  if (side === "earlier") board.dataset.firstRow = String(Number(board.dataset.firstRow) - rows.length);
  return rows;
}

// Removes rows beyond MAX_ROWS at one side. Rows with the keyboard focus or a held block stay.
export function trim(board: HTMLElement, side: Side): void {
  const rows = rowsOf(board);
  const surplus = rows.length - MAX_ROWS;
  if (surplus <= 0) return;
  const removed = side === "earlier" ? rows.slice(0, surplus) : rows.slice(-surplus);
  if (removed.some((row) => row.contains(document.activeElement) || row.querySelector(".carried, .ghost"))) return;
  for (const row of removed) row.remove();
  if (side === "earlier") board.dataset.firstRow = String(Number(board.dataset.firstRow) + removed.length);
}

// Brings headings, links, empty space and the count in line with the loaded rows.
export function settle(board: HTMLElement): void {
  const list = rowList(board);
  if (!list) {
    showCount({ first: 1, last: 0, total: 0 });
    return;
  }
  showHeadingsOnce(list);
  const stretch = stretchOf(board);
  const pixels = rowHeight(board);
  list.style.paddingTop = `${String((stretch.first - 1) * pixels)}px`;
  list.style.paddingBottom = `${String((stretch.total - stretch.last) * pixels)}px`;
  for (const side of ["earlier", "later"] as const) showEdge(list, side, stretch);
  rowsOf(board).forEach((row, index) => {
    row.setAttribute("aria-posinset", String(stretch.first + index));
    row.setAttribute("aria-setsize", String(stretch.total));
  });
  showCount(stretch);
}

// Each page begins with the heading of its group: it is hidden when the page before has the same.
export function showHeadingsOnce(list: HTMLElement): void {
  let previous: string | undefined;
  for (const item of [...list.children] as HTMLElement[]) {
    if (item.dataset.group === undefined) continue;
    const next = item.nextElementSibling as HTMLElement | null;
    // The rows of a heading may have been removed.
    if (!next?.dataset.lane) {
      item.remove();
      continue;
    }
    item.hidden = item.dataset.group === previous;
    previous = item.dataset.group;
  }
}

// The link at an end of the loaded rows, for the keyboard and screen readers: scrolling loads rows before it is seen.
function showEdge(list: HTMLElement, side: Side, stretch: Stretch): void {
  const page = pageAt(side, stretch);
  let edge = list.querySelector<HTMLElement>(`[data-rows="${side}"]`);
  if (!page) {
    edge?.closest("li")?.remove();
    return;
  }
  if (!edge) {
    const item = create("li", { className: "edge" });
    edge = create("a");
    edge.dataset.rows = side;
    item.append(edge);
    if (side === "later") list.append(item);
    else list.prepend(item);
  }
  const query = withoutPlace(new URLSearchParams(location.search));
  query.set("row", String(page.first));
  (edge as HTMLAnchorElement).href = `?${query.toString()}`;
  edge.textContent = t("showRows", { first: page.first, last: page.first + page.count - 1, total: stretch.total });
}

function showCount({ first, last, total }: Stretch): void {
  const text = last < first ? "" : t("rowsShown", { first, last, total });
  for (const element of findAll("[data-rows-shown]")) element.textContent = text;
}

// Makes a change above the visible rows without moving them.
export function keepInPlace(board: HTMLElement, change: () => void): void {
  const area = scroller();
  const anchor = rowsOf(board).find((row) => row.getBoundingClientRect().bottom > area.getBoundingClientRect().top);
  // From the edge of the area: the page can be scrolled meanwhile.
  const offset = (): number => (anchor?.getBoundingClientRect().top ?? 0) - area.getBoundingClientRect().top;
  const before = offset();
  change();
  if (!anchor?.isConnected) return;
  stay(anchor, () => {
    area.scrollTop += offset() - before;
  });
}
