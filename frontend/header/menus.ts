// The menus of the header: one is open at a time, and a click elsewhere or Escape closes it.

import { findAll, targetOf } from "../shared/dom";

const openMenus = (): HTMLDetailsElement[] => findAll<HTMLDetailsElement>("details[data-menu][open]");

function closeAllBut(menu: Element | null | undefined): void {
  for (const other of openMenus()) if (other !== menu) other.open = false;
}

export function listenToMenus(): void {
  document.addEventListener("click", (event) => {
    const menu = targetOf(event)?.closest("[data-menu]");
    closeAllBut(targetOf(event)?.closest("a") ? null : menu);
  });
  document.addEventListener("focusin", (event) => closeAllBut(targetOf(event)?.closest("[data-menu]")));
  document.addEventListener(
    "keydown",
    (event) => {
      const [menu] = openMenus();
      if (event.key !== "Escape" || !menu) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary")?.focus();
    },
    { capture: true },
  );
  // The skip link of the board leads past its filters, to the rows or the map, whichever is shown.
  document.addEventListener("click", (event) => {
    const selector = targetOf(event)?.closest<HTMLElement>("[data-skip]")?.dataset.skip;
    const target = selector ? findAll(selector).find((element) => !element.hidden) : undefined;
    if (!target) return;
    event.preventDefault();
    target.scrollIntoView({ block: "nearest" });
    target.focus();
  });
}
