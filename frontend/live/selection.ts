// Several bookings at once: Ctrl+click or Ctrl+Space adds one to the selection, Shift+click all from the last one on.
// A bar below the board offers what can be done with them.

import { create, dataValue, findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { announce } from "./announcer";
import { shownBooking, type ShownBooking } from "./block-acts";
import { cancelAll, moveAll } from "./batches";
import { activeSession } from "./drag/session";
import { PAGE } from "./page";

// Each booking of a batch is a request.
export const MOST_SELECTED = 20;
const selected = new Set<string>();
let anchor: string | null = null;

const bar = create("div", { className: "selection" });
const count = create("p");

// Bookings that are over stay as they are.
export const canSelect = (block: HTMLElement): boolean => PAGE.mayAssign && dataValue(block, "transitions") !== "";
const idOf = (block: HTMLElement): string => dataValue(block, "assignment");
const selectedBlocks = (): HTMLElement[] => findAll(".block").filter((block) => selected.has(idOf(block)));

// Marks the selected blocks, also in rows that have been loaded again.
export function showSelection(): void {
  const blocks = selectedBlocks();
  const ids = new Set(blocks.map(idOf));
  // A booking that is no longer shown can be forgotten: another day, or canceled.
  for (const id of selected) if (!ids.has(id)) selected.delete(id);
  for (const block of findAll(".block")) {
    block.classList.toggle("selected", ids.has(idOf(block)));
    if (ids.size && canSelect(block)) block.setAttribute("aria-pressed", String(ids.has(idOf(block))));
    else block.removeAttribute("aria-pressed");
  }
  count.textContent = t("selected", { count: ids.size });
  if (ids.size) document.body.append(bar);
  else bar.remove();
}

export function clear(): void {
  selected.clear();
  anchor = null;
  showSelection();
}

export function toggle(block: HTMLElement): void {
  const id = idOf(block);
  if (selected.has(id)) selected.delete(id);
  else add([block]);
  anchor = id;
  showSelection();
  announce(t("selected", { count: selected.size }));
}

function add(blocks: HTMLElement[]): void {
  for (const block of blocks.filter(canSelect)) {
    if (selected.size < MOST_SELECTED) selected.add(idOf(block));
  }
}

// Adds the blocks between the last one and this one, in reading order.
function extendTo(block: HTMLElement): void {
  const blocks = findAll(".block");
  const from = Math.max(0, blocks.findIndex((each) => idOf(each) === anchor));
  const to = blocks.indexOf(block);
  add(anchor ? blocks.slice(Math.min(from, to), Math.max(from, to) + 1) : [block]);
  anchor = idOf(block);
  showSelection();
  announce(t("selected", { count: selected.size }));
}

// The page that offers each booking its best replacement; it leads back to this board.
export function reassignUrl(bookings: ShownBooking[]): string {
  const params = new URLSearchParams(bookings.map(({ assignment }) => ["id", assignment]));
  params.set("next", location.pathname + location.search);
  return `${PAGE.adminUrl}assignments/assignment/replace/?${params.toString()}`;
}

function fillBar(): void {
  const button = (text: string, act: () => void): HTMLElement => {
    const element = create("button", { type: "button", textContent: text });
    element.addEventListener("click", act);
    return element;
  };
  const bookings = () => selectedBlocks().map(shownBooking);
  bar.setAttribute("role", "region");
  bar.setAttribute("aria-label", t("selection"));
  bar.append(
    count,
    button(t("moveToDay"), () => void moveAll(bookings()).then(clear)),
    button(t("reassignSelected"), () => location.assign(reassignUrl(bookings()))),
    button(t("cancelSelected"), () => void cancelAll(bookings()).then(clear)),
    button(t("clearSelection"), clear),
  );
}

export function listen(): void {
  if (!PAGE.mayAssign) return;
  fillBar();
  document.addEventListener("click", (event) => {
    const block = targetOf(event)?.closest<HTMLElement>(".block");
    if (!block || event.defaultPrevented) return;
    if (event.shiftKey) extendTo(block);
    else if (event.ctrlKey || event.metaKey) toggle(block);
  });
  const isToggle = (event: KeyboardEvent): boolean => event.key === " " && event.ctrlKey && !activeSession();
  document.addEventListener("keydown", (event) => {
    const block = targetOf(event)?.closest<HTMLElement>(".block");
    if (!block || !isToggle(event)) return;
    event.preventDefault();
    toggle(block);
  });
  // A button reacts to Space on release.
  document.addEventListener("keyup", (event) => {
    if (isToggle(event) && targetOf(event)?.closest(".block")) event.preventDefault();
  });
}
