// The form above the board: which day, which contractors, lanes or map. The address says it all, so it can be kept.

import { all, one } from "./page";
import { ask, question } from "./parts";
import { boardPart } from "./timeline";

const TYPING_MS = 250;
const form = one<HTMLFormElement>("[data-question]");

function fromForm(): URLSearchParams {
  const given = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()]);
  const usual: Record<string, string> = { status: "active" };
  return new URLSearchParams(given.filter(([name, value]) => value && value !== usual[name!]) as string[][]);
}

function toForm(params: URLSearchParams): void {
  for (const field of all<HTMLInputElement | HTMLSelectElement>("input, select", form)) {
    field.value = params.get(field.name) ?? (field.name === "status" ? "active" : "");
  }
}

async function show(params: URLSearchParams): Promise<void> {
  form.setAttribute("aria-busy", "true");
  try {
    await ask(params);
  } catch {
    return; // the connection says that it is lost; coming back, everything is read again
  } finally {
    form.removeAttribute("aria-busy");
  }
  one("[data-day-name]").textContent = boardPart().dataset.dayName ?? "";
}

function go(params: URLSearchParams, remember: "pushState" | "replaceState"): void {
  const query = params.toString();
  history[remember](null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
  void show(params);
}

function goToDay(link: HTMLElement): void {
  const params = fromForm();
  const day = link.dataset.go ? boardPart().dataset[link.dataset.go] : undefined;
  if (day) params.set("day", day);
  else params.delete("day");
  toForm(params);
  go(params, "pushState");
}

export function listen(shows: (view: string) => void): void {
  let typing = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(fromForm(), "pushState");
  });
  form.addEventListener("input", (event) => {
    const field = event.target as HTMLInputElement;
    clearTimeout(typing);
    const later = field.type === "search" ? TYPING_MS : 0;
    typing = setTimeout(() => go(fromForm(), later ? "replaceState" : "pushState"), later);
  });
  form.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const link = target.closest<HTMLElement>("[data-go]");
    if (link) {
      event.preventDefault();
      goToDay(link);
    }
    const view = target.closest<HTMLElement>("[data-show]")?.dataset.show;
    if (!view) return;
    for (const button of all("[data-show]", form)) button.setAttribute("aria-pressed", String(button.dataset.show === view));
    for (const area of all("[data-view]")) area.hidden = area.dataset.view !== view;
    shows(view);
  });
  addEventListener("popstate", () => {
    const params = new URLSearchParams(location.search);
    if (params.toString() === question.toString()) return;
    toForm(params);
    void show(params);
  });
}
