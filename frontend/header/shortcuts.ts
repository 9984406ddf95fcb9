// Keyboard shortcuts of all pages. `?` shows them, and they can be turned off there (WCAG 2.1.4).

import { dataValue, find, findAll } from "../shared/dom";

const TURNED_OFF = "shortcuts-off";
// How long `g` waits for the second key.
const SEQUENCE_MS = 1500;
const TEXT_FIELDS =
  "input:not([type=radio]):not([type=checkbox]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]";
let lastG = -Infinity;

const isOff = (): boolean => localStorage.getItem(TURNED_OFF) === "1";
const isTyping = (event: Event): boolean => event.target instanceof Element && event.target.closest(TEXT_FIELDS) !== null;
const shortcutsDialog = (): HTMLDialogElement | null => document.querySelector<HTMLDialogElement>("dialog#shortcuts");

function click(selector: string): boolean {
  const element = document.querySelector<HTMLElement>(selector);
  element?.click();
  return element !== null;
}

function focus(selector: string, position = 0): boolean {
  const element = findAll(selector)[position];
  element?.scrollIntoView({ block: "center" });
  element?.focus({ preventScroll: true });
  return element !== undefined;
}

// Presses the button of the focused card of the ranking, else of the first one.
function selectCard(): boolean {
  const card = document.activeElement?.closest("[data-candidate]") ?? document.querySelector("#ranking [data-candidate]");
  const button = card?.querySelector<HTMLElement>('[data-step="choose"]:not([hidden]) [type=submit]');
  button?.click();
  return Boolean(button);
}

// Takes back the latest change that can still be taken back.
function undo(): boolean {
  const button = findAll<HTMLButtonElement>(".toast .undo:not(:disabled)").at(-1);
  button?.click();
  return button !== undefined;
}

function showShortcuts(): boolean {
  shortcutsDialog()?.showModal();
  return true;
}

// The action of each key; it returns false on a page without its element.
const ACTIONS = new Map<string, () => boolean>([
  ["?", showShortcuts],
  ["/", () => focus("#find")],
  ["s", () => focus("#searchbar, [data-question] input[name=q]")],
  ["u", undo],
  ["n", () => click("a[data-new-job]")],
  ["N", () => click("#main a.addlink")],
  ["f", () => click("[data-filters]")],
  ["a", selectCard],
  ["w", () => focus("#people ~ input, .asking input[name=q]")],
]);

function perform(key: string): boolean {
  if (/^[1-9]$/.test(key)) return focus("#ranking .candidates [data-candidate]", Number(key) - 1);
  return ACTIONS.get(key)?.() ?? false;
}

// The page that a key opens after `g`.
function destination(dialog: HTMLDialogElement, event: KeyboardEvent): HTMLElement | null {
  const isSecondKey = event.timeStamp - lastG < SEQUENCE_MS;
  lastG = event.key === "g" ? event.timeStamp : -Infinity;
  return isSecondKey ? dialog.querySelector<HTMLElement>(`[data-go="${CSS.escape(event.key)}"]`) : null;
}

function handleKey(event: KeyboardEvent): void {
  const dialog = shortcutsDialog();
  if (!dialog || event.ctrlKey || event.metaKey || event.altKey || dialog.open || isTyping(event)) return;
  if (isOff()) {
    // Unfold's own single keys; its keys with Ctrl stay.
    if (event.key === "/" || event.key === "t") event.stopImmediatePropagation();
    return;
  }
  const place = destination(dialog, event);
  if (place) location.assign(dataValue(place, "url"));
  else if (!perform(event.key)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function prepareSwitch(dialog: HTMLDialogElement): void {
  const box = find<HTMLInputElement>("[data-shortcuts-off]", dialog);
  box.checked = !isOff();
  box.addEventListener("change", () => localStorage.setItem(TURNED_OFF, box.checked ? "0" : "1"));
}

function prepareLinks(dialog: HTMLDialogElement): void {
  for (const link of findAll('a[href="#shortcuts"]')) {
    link.setAttribute("aria-haspopup", "dialog");
    link.setAttribute("aria-keyshortcuts", "?");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.showModal();
    });
  }
}

// Tells screen readers the shortcut of each link in the navigation.
function labelNavigation(dialog: HTMLDialogElement): void {
  for (const place of findAll("[data-go]", dialog)) {
    for (const link of findAll(`[data-top] a[href="${dataValue(place, "url")}"]`)) {
      link.setAttribute("aria-keyshortcuts", `g ${dataValue(place, "go")}`);
    }
  }
  document.getElementById("searchbar")?.setAttribute("aria-keyshortcuts", "s");
}

// In the capture phase, before Unfold's own listener on the window.
window.addEventListener("keydown", handleKey, { capture: true });
document.addEventListener("DOMContentLoaded", () => {
  const dialog = shortcutsDialog();
  if (!dialog) return;
  prepareSwitch(dialog);
  prepareLinks(dialog);
  labelNavigation(dialog);
});
