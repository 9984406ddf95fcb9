// Keyboard shortcuts of the back-office. `?` shows them; there they can be switched off (WCAG 2.1.4).
const SWITCHED_OFF = "shortcuts-off";
const GO_WITHIN = 1500;
let going = -Infinity;

function isOff() {
  return localStorage.getItem(SWITCHED_OFF) === "1";
}

function isTyping(target) {
  return target.closest?.("input:not([type=radio]):not([type=checkbox]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]");
}

function shortcutsDialog() {
  return document.getElementById("shortcuts");
}

function press(selector) {
  const found = document.querySelector(selector);
  found?.click();
  return Boolean(found);
}

function focusOn(selector, position = 0) {
  const found = document.querySelectorAll(selector)[position];
  if (!found) return false;
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
  return true;
}

function pickCard(position) {
  return focusOn("#ranking .candidates [data-candidate]", position);
}

function chooseCard() {
  const cards = document.querySelectorAll("#ranking [data-candidate]");
  const card = document.activeElement.closest?.("[data-candidate]") ?? cards[0];
  const button = card?.querySelector('[data-step="choose"]:not([hidden]) [type=submit]');
  button?.click();
  return Boolean(button);
}

// What a key does; false when this page has nothing for it.
const KEYS = {
  "?": () => (shortcutsDialog().showModal(), true),
  "/": () => focusOn("#searchbar, input[name=q]"),
  n: () => press("a[data-new], #main a[href$='/add/']"),
  f: () => press("[data-filters]"),
  a: chooseCard,
  w: () => focusOn("#people ~ input, .asking input[name=q]"),
};

function keyDown(event) {
  const dialog = shortcutsDialog();
  if (!dialog || event.ctrlKey || event.metaKey || event.altKey || dialog.open || isTyping(event.target)) return;
  if (isOff()) {
    // Unfold's own single key; its keys with Ctrl stay.
    if (event.key === "/" || event.key === "t") event.stopImmediatePropagation();
    return;
  }
  const place = event.timeStamp - going < GO_WITHIN && dialog.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  going = event.key === "g" ? event.timeStamp : -Infinity;
  if (place) location.assign(place.dataset.url);
  else if (/^[1-9]$/.test(event.key) ? !pickCard(Number(event.key) - 1) : !KEYS[event.key]?.()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// Before Unfold's, which listen on the window too.
window.addEventListener("keydown", keyDown, { capture: true });

document.addEventListener("DOMContentLoaded", () => {
  const dialog = shortcutsDialog();
  if (!dialog) return;
  const off = dialog.querySelector("[data-shortcuts-off]");
  off.checked = !isOff();
  off.addEventListener("change", () => localStorage.setItem(SWITCHED_OFF, off.checked ? "0" : "1"));
  for (const link of document.querySelectorAll('a[href="#shortcuts"]')) {
    link.setAttribute("aria-haspopup", "dialog");
    link.setAttribute("aria-keyshortcuts", "?");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.showModal();
    });
  }
  for (const place of dialog.querySelectorAll("[data-go]")) {
    for (const link of document.querySelectorAll(`#nav-sidebar a[href="${place.dataset.url}"]`)) link.setAttribute("aria-keyshortcuts", `g ${place.dataset.go}`);
  }
  document.getElementById("searchbar")?.setAttribute("aria-keyshortcuts", "/");
});
