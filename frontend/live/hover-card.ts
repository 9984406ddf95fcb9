// The card of a booking: all lines of its block, while the block has the pointer or the keyboard focus. Screen readers
// read the same lines as the name of the block.

import { create, findAll, targetOf } from "../shared/dom";

const SHOW_MS = 250;
const HIDE_MS = 150;
const GAP_PIXELS = 4;
const card = create("div", { className: "hover-card", ariaHidden: "true" });
let timer: number | undefined;
let shownBlock: HTMLElement | null = null;

function linesOf(block: HTMLElement): string[] {
  return findAll("[data-detail]", block)
    .filter((line) => !line.closest(".if-late") || block.matches(".late"))
    .filter((line) => !line.closest(".if-waiting") || block.matches(".waiting"))
    .map((line) => line.textContent.trim());
}

function show(block: HTMLElement): void {
  if (!block.isConnected || document.body.matches(".carrying")) return;
  shownBlock = block;
  card.replaceChildren(...linesOf(block).map((textContent) => create("p", { textContent })));
  document.body.append(card);
  const [anchor, box] = [block.getBoundingClientRect(), card.getBoundingClientRect()];
  const fitsBelow = anchor.bottom + GAP_PIXELS + box.height < innerHeight;
  card.style.left = `${String(Math.max(GAP_PIXELS, Math.min(anchor.left, innerWidth - box.width - GAP_PIXELS)))}px`;
  card.style.top = `${String(fitsBelow ? anchor.bottom + GAP_PIXELS : anchor.top - GAP_PIXELS - box.height)}px`;
}

export function hide(): void {
  clearTimeout(timer);
  shownBlock = null;
  card.remove();
}

function later(action: () => void, milliseconds: number): void {
  clearTimeout(timer);
  timer = window.setTimeout(action, milliseconds);
}

function handlePointerOver(event: PointerEvent): void {
  if (event.pointerType === "touch") return;
  const target = targetOf(event);
  const block = target?.closest<HTMLElement>(".block");
  // The pointer may move over the card, so that its text can be read enlarged.
  if (target && card.contains(target)) clearTimeout(timer);
  else if (block && block !== shownBlock) later(() => show(block), SHOW_MS);
  else if (block) clearTimeout(timer);
  else later(hide, HIDE_MS);
}

export function listen(): void {
  document.addEventListener("pointerover", handlePointerOver);
  document.addEventListener("pointerdown", hide);
  document.addEventListener("contextmenu", hide);
  document.addEventListener("focusin", (event) => {
    const block = targetOf(event)?.closest<HTMLElement>(".block:focus-visible");
    if (block) show(block);
    else hide();
  });
  addEventListener("scroll", hide, { capture: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === " " || event.key === "Enter") hide();
  }, { capture: true });
}
