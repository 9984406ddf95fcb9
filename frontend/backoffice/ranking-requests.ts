// The ranking is loaded by htmx: shows that it loads, and when it could not be loaded.

import { create } from "../shared/dom";
import { t } from "../shared/messages";

const ERRORS = ["htmx:responseError", "htmx:sendError", "htmx:timeout"] as const;
const TROUBLE_ID = "ranking-trouble";

const ranking = (): HTMLElement | null => document.getElementById("ranking");

function announce(text: string): void {
  const status = document.getElementById("ranking-status");
  if (status) status.textContent = text;
}

function showLoading(): void {
  ranking()?.setAttribute("aria-busy", "true");
  document.getElementById(TROUBLE_ID)?.remove();
  announce(t("rankingLoading"));
}

function showTrouble(): void {
  ranking()?.setAttribute("aria-busy", "false");
  const alert = create("p", { id: TROUBLE_ID, role: "alert", className: "trouble", textContent: t("rankingUpdateFailed") });
  ranking()?.before(alert);
  announce("");
}

// Keeps empty fields out of the address.
function dropEmptyFields({ detail: { formData } }: CustomEvent<HtmxConfigRequest>): void {
  for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
}

// After a sign-out the response is the sign-in page.
function reloadWhenSignedOut({ detail }: CustomEvent<HtmxBeforeSwap>): void {
  if (detail.xhr.status !== 200 || detail.xhr.responseText.includes('id="ranking"')) return;
  detail.shouldSwap = false;
  location.reload();
}

export function listenToRankingRequests(): void {
  document.body.addEventListener("htmx:configRequest", dropEmptyFields);
  document.body.addEventListener("htmx:beforeRequest", showLoading);
  document.body.addEventListener("htmx:beforeSwap", reloadWhenSignedOut);
  for (const name of ERRORS) document.body.addEventListener(name, showTrouble);
}
