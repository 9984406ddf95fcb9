// A menu after the ARIA menu pattern: arrow keys, Home, End and letters choose, Enter acts, Escape and Tab close.

import { create, findAll } from "../shared/dom";

export interface MenuItem {
  text: string;
  // A link opens as a link: in another tab, too.
  href?: string;
  act?: () => void;
}

interface Point {
  x: number;
  y: number;
}

const EDGE_PIXELS = 8;
let closeOpenMenu: (() => void) | null = null;

// Opens a menu at a point of the window. When it closes, `opener` has the focus again.
export function openMenu(label: string, items: MenuItem[], at: Point, opener: HTMLElement): void {
  closeOpenMenu?.();
  const menu = create("div", { className: "menu" });
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", label);
  const entries = items.map((item) => entryOf(item));
  menu.append(...entries);
  document.body.append(menu);
  const box = menu.getBoundingClientRect();
  menu.style.left = `${String(Math.max(EDGE_PIXELS, Math.min(at.x, innerWidth - box.width - EDGE_PIXELS)))}px`;
  menu.style.top = `${String(Math.max(EDGE_PIXELS, Math.min(at.y, innerHeight - box.height - EDGE_PIXELS)))}px`;

  const controller = new AbortController();
  const { signal } = controller;
  const close = ({ focus }: { focus: boolean }) => {
    if (signal.aborted) return;
    controller.abort();
    menu.remove();
    closeOpenMenu = null;
    if (focus && opener.isConnected) opener.focus({ preventScroll: true });
  };
  closeOpenMenu = () => close({ focus: false });

  function entryOf(item: MenuItem): HTMLElement {
    const entry = item.href ? create("a", { href: item.href }) : create("button", { type: "button" });
    entry.setAttribute("role", "menuitem");
    entry.tabIndex = -1;
    entry.textContent = item.text;
    entry.addEventListener("click", () => {
      close({ focus: true });
      item.act?.();
    });
    return entry;
  }

  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Tab") close({ focus: true });
    else {
      const next = entryFor(event.key, findAll("[role=menuitem]", menu));
      if (!next) {
        event.stopPropagation();
        return;
      }
      next.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });
  // The menu key on Windows sends this on its release, when the menu has the focus.
  menu.addEventListener("contextmenu", (event) => {
    event.preventDefault();
  });
  addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) close({ focus: false });
  }, { signal, capture: true });
  for (const type of ["resize", "blur"]) addEventListener(type, () => close({ focus: false }), { signal });
  // From the next frame on: the focus on the opener may just have scrolled the page.
  requestAnimationFrame(() => addEventListener("scroll", () => close({ focus: false }), { signal, capture: true }));
  entries[0]?.focus({ preventScroll: true });
}

// The entry that a key moves to: null for a key that does not move.
function entryFor(key: string, entries: HTMLElement[]): HTMLElement | null {
  const index = entries.indexOf(document.activeElement as HTMLElement);
  if (key === "ArrowDown") return entries[(index + 1) % entries.length] ?? null;
  if (key === "ArrowUp") return entries.at(index - 1) ?? null;
  if (key === "Home") return entries[0] ?? null;
  if (key === "End") return entries.at(-1) ?? null;
  if (key.length !== 1 || key === " ") return null;
  const following = [...entries.slice(index + 1), ...entries.slice(0, index + 1)];
  return following.find((entry) => entry.textContent.trim().toLowerCase().startsWith(key.toLowerCase())) ?? null;
}
