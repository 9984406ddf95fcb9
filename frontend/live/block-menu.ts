// The menu of a booking: right-click, menu key or Shift+F10 on its block, or the button beside it.

import { create, dataValue, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { menuItems, shownBooking } from "./block-acts";
import { activeSession } from "./drag/session";
import { openMenu } from "./menu";
import * as selection from "./selection";

const opener = create("span", { className: "opener" });
const button = create("button", { type: "button", textContent: "⋯", ariaHasPopup: "menu" });
opener.append(button);
let current: HTMLElement | null = null;

function open(block: HTMLElement, at: { x: number; y: number }): void {
  const items = menuItems(shownBooking(block));
  if (selection.canSelect(block)) {
    items.push({ text: block.matches(".selected") ? t("deselect") : t("select"), act: () => selection.toggle(block) });
  }
  openMenu(dataValue(block, "number"), items, at, block);
}

const below = (element: HTMLElement): { x: number; y: number } => {
  const box = element.getBoundingClientRect();
  return { x: box.left, y: box.bottom };
};

// Puts the button on the block that has the pointer or the focus.
function showButton(block: HTMLElement): void {
  if (activeSession() || (current === block && opener.isConnected)) return;
  current = block;
  button.ariaLabel = t("actionsFor", { job: dataValue(block, "number") });
  block.after(opener);
  placeButton(block);
}

// In the corner of the block; beside a block that it would cover, where its row has space.
function placeButton(block: HTMLElement): void {
  const { offsetLeft: left, offsetWidth: width } = block;
  const size = opener.offsetWidth;
  const beside = left + width + size <= (block.parentElement?.offsetWidth ?? 0) ? left + width : left - size;
  // In a list of several days, blocks stand below each other.
  opener.style.top = `${String(block.offsetTop)}px`;
  opener.style.left = `${String(width < 2.5 * size ? beside : left + width - size)}px`;
}

function hideButton(): void {
  if (opener.contains(document.activeElement) || current === document.activeElement) return;
  opener.remove();
  current = null;
}

const blockOf = (event: Event): HTMLElement | null => targetOf(event)?.closest<HTMLElement>(".block") ?? null;

function handleKeyDown(event: KeyboardEvent): void {
  const block = blockOf(event);
  const isMenuKey = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  if (!block || !isMenuKey || activeSession()) return;
  event.preventDefault();
  open(block, below(block));
}

export function listen(): void {
  document.addEventListener("contextmenu", (event) => {
    const block = blockOf(event);
    if (!block || event.shiftKey || activeSession()) return; // with Shift, the menu of the browser
    event.preventDefault();
    // A keyboard has no point.
    open(block, event.button === 2 ? { x: event.clientX, y: event.clientY } : below(block));
  });
  document.addEventListener("keydown", handleKeyDown);
  button.addEventListener("click", () => {
    if (current?.isConnected) open(current, below(button));
  });
  for (const type of ["pointerover", "focusin"]) {
    document.addEventListener(type, (event) => {
      const block = blockOf(event);
      if (block) showButton(block);
      else if (!targetOf(event)?.closest(".opener")) hideButton();
    });
  }
}
