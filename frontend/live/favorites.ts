// Stars of contractors: favorites are at the top of the user's board.

import { dataValue, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { csrfToken } from "./actions";
import { announce } from "./announcer";
import { PAGE } from "./page";
import { showRows } from "./partials";
import { scroller, stretchParams } from "./row-window";
import { boardElement } from "./timeline";
import { toast } from "./toasts";

async function toggle(star: HTMLElement): Promise<void> {
  const contractor = dataValue(star, "star");
  const isStarred = star.getAttribute("aria-pressed") !== "true";
  const name = star.closest<HTMLElement>("[data-lane]")?.dataset.name ?? "";
  const body = new URLSearchParams({ contractor, starred: isStarred ? "1" : "" });
  const response = await fetch(`${PAGE.partialsUrl}favorites/`, { method: "POST", body, headers: { "X-CSRFToken": csrfToken } }).catch(
    () => null,
  );
  if (!response?.ok) {
    toast(response?.status === 400 ? await response.text() : t("noAnswer"), "refused");
    return;
  }
  await showRows(stretchParams(boardElement()), { keepScroll: true });
  // The row goes to its place in the order, which may not be loaded.
  const moved = boardElement().querySelector<HTMLElement>(`[data-star="${CSS.escape(contractor)}"]`);
  (moved ?? scroller()).focus({ preventScroll: true });
  announce(isStarred ? t("favoriteAdded", { contractor: name }) : t("favoriteRemoved", { contractor: name }));
}

export function listen(): void {
  document.addEventListener("click", (event) => {
    const star = targetOf(event)?.closest<HTMLElement>("[data-star]");
    if (star) void toggle(star);
  });
}
