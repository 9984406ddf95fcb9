// Loads the rows of the board while it is scrolled: the next ones before they are seen, or those at a far place to
// which the scroll bar was moved.

import { find, findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { announce } from "./announcer";
import { SignedOut, fetchHtml } from "./http";
import { boardQuery, isPaused, refresh, showRows } from "./partials";
import {
  PAGE_ROWS,
  addItems,
  forgetHeight,
  keepInPlace,
  pageAt,
  placeOf,
  rowHeight,
  rowList,
  rowsOf,
  scrollToPlace,
  scroller,
  settle,
  stretchOf,
  trim,
  type Side,
} from "./row-window";
import { axisOf, boardElement, markLate, placeAll, placeCurrentTime } from "./timeline";

// How far to look ahead, in heights of the visible part.
const AHEAD = 1;
// Rows above the place to which the scroll bar was moved.
const ABOVE = 20;

type Step = { side: Side } | { jump: number };

let isLoading = false;
const listeners: (() => void)[] = [];

// `listener` is called after rows were added.
export function onRows(listener: () => void): void {
  listeners.push(listener);
}

// What to load at the present scroll position.
function nextStep(): Step | null {
  const [board, area] = [boardElement(), scroller()];
  const rows = rowsOf(board);
  const [first, last] = [rows.at(0), rows.at(-1)];
  // Without a height the rows are folded away, or the map is shown.
  if (!first || !last || !area.clientHeight || !rowList(board)?.clientHeight) return null;
  const stretch = stretchOf(board);
  const { top, bottom } = area.getBoundingClientRect();
  const ahead = area.clientHeight * AHEAD;
  const [loadedTop, loadedBottom] = [first.getBoundingClientRect().top, last.getBoundingClientRect().bottom];
  const isFarAway = loadedTop > bottom + ahead || loadedBottom < top - ahead;
  // A held block keeps its row, so that rows are added one page after the other.
  if (isFarAway && !isPaused()) return { jump: jumpTarget(board, area, stretch.total) };
  if (loadedBottom < bottom + ahead && pageAt("later", stretch)) return { side: "later" };
  if (loadedTop > top - ahead && pageAt("earlier", stretch)) return { side: "earlier" };
  return null;
}

function jumpTarget(board: HTMLElement, area: HTMLElement, total: number): number {
  const position = Math.floor(area.scrollTop / rowHeight(board)) + 1 - ABOVE;
  return Math.max(1, Math.min(position, total - PAGE_ROWS + 1));
}

async function follow(): Promise<void> {
  for (let step = nextStep(); step; step = nextStep()) {
    if ("jump" in step) await showRows([["row", String(step.jump)]], { keepScroll: true });
    else if (!(await addPage(step.side))) break;
  }
}

// One page is loaded at a time.
async function load(pages: () => Promise<unknown>): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  try {
    await pages();
  } catch (error) {
    // The connection status shows the loss; the next scroll tries again.
    if (!(error instanceof SignedOut)) announce(t("rowsFailed"));
  } finally {
    isLoading = false;
  }
}

// Adds the page at one side. Returns false when the board was replaced in the meantime.
async function addPage(side: Side): Promise<boolean> {
  const [board, query] = [boardElement(), boardQuery];
  const page = pageAt(side, stretchOf(board));
  if (!page) return false;
  const params = [["parts", "board"], ["row", String(page.first)], ["rows", String(page.count)]];
  const response = await fetchHtml("", new URLSearchParams([...query, ...params]));
  if (board !== boardElement() || query !== boardQuery) return false;
  insert(board, find('[data-part="board"]', response), side, page.count);
  return true;
}

function insert(board: HTMLElement, answer: HTMLElement, side: Side, expected: number): void {
  const list = rowList(answer);
  const items = list ? ([...list.children] as HTMLElement[]).filter((item) => !item.matches(".edge")) : [];
  const hadFocus = document.activeElement?.matches(`[data-rows="${side}"]`);
  let rows: HTMLElement[] = [];
  keepInPlace(board, () => {
    rows = addItems(board, items, side);
    board.dataset.totalRows = answer.dataset.totalRows ?? "0";
    if (!isPaused()) trim(board, side === "later" ? "earlier" : "later");
    settle(board);
  });
  const isInside = findAll("[data-lane]", board).filter((row) => rows.includes(row)).every((row) => placeAll(row, axisOf(board)));
  placeCurrentTime();
  markLate();
  // A booking outside the shown hours, or rows that have changed their order since the pages before.
  if (!isInside || rows.length < expected) refresh(["board"]);
  if (hadFocus) focusRow(side === "later" ? rows.at(0) : rows.at(-1));
  for (const listener of listeners) listener();
}

function focusRow(row: HTMLElement | undefined): void {
  row?.querySelector<HTMLElement>("a, button")?.focus();
}

export function listen(): void {
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      void load(follow);
    });
  };
  scroller().addEventListener("scroll", schedule, { passive: true });
  addEventListener("resize", () => {
    const board = boardElement();
    // The empty space above changes with the height of the rows; without this, it would take the place of the rows.
    keepInPlace(board, () => {
      forgetHeight();
      settle(board);
    });
    schedule();
  });
  scroller().addEventListener("click", (event) => {
    const edge = targetOf(event)?.closest<HTMLElement>("[data-rows]");
    if (!edge) return;
    event.preventDefault();
    edge.focus();
    void load(() => addPage(edge.dataset.rows as Side));
  });
  settle(boardElement());
  scrollToPlace(boardElement(), placeOf(new URLSearchParams(location.search)));
  // A tall window has room for more rows than the page comes with.
  schedule();
}

// Shows the row of a contractor, whose page is loaded when it is not there. Null when the filters hide it.
export async function revealRow(contractor: string): Promise<HTMLElement | null> {
  const shownRow = () => boardElement().querySelector<HTMLElement>(`[data-lane="${CSS.escape(contractor)}"]`);
  if (!shownRow()) await showRows([["at", contractor]], { keepScroll: false });
  scrollToPlace(boardElement(), [["at", contractor]]);
  return shownRow();
}
