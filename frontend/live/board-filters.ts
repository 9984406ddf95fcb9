// The form above the board: day, contractors, lanes or map. The address of the page holds its values.

import { dataValue, find, findAll, targetOf } from "../shared/dom";
import { boardQuery, showBoard } from "./partials";
import { boardElement } from "./timeline";

const TYPING_MS = 250;
const DEFAULTS: Partial<Record<string, string>> = { status: "active" };
const form = find<HTMLFormElement>("[data-question]");

function readForm(): URLSearchParams {
  const values = [...new FormData(form)].map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value.trim() : "",
  ]);
  return new URLSearchParams(values.filter(([name, value]) => value && value !== DEFAULTS[name]));
}

function fillForm(params: URLSearchParams): void {
  for (const field of findAll<HTMLInputElement | HTMLSelectElement>("input, select", form)) {
    field.value = params.get(field.name) ?? DEFAULTS[field.name] ?? "";
  }
}

async function show(params: URLSearchParams): Promise<void> {
  form.setAttribute("aria-busy", "true");
  try {
    await showBoard(params);
  } catch {
    return; // the connection status shows the loss, and everything reloads when the connection is back
  } finally {
    form.removeAttribute("aria-busy");
  }
  find("[data-heading]", form).textContent = boardElement().dataset.heading ?? "";
}

// A view of the board that the address does not hold: it lasts until `restore`. It begins without filters.
let over: URLSearchParams | null = null;
let filterOverHandler = (): void => undefined;

// Called when a filter is changed during such a view.
export function onFilterOver(handler: () => void): void {
  filterOverHandler = handler;
}

export async function showOver(day: string): Promise<void> {
  over ??= new URLSearchParams();
  const clock = boardQuery.get("clock");
  if (clock) over.set("clock", clock);
  over.set("day", day);
  fillForm(over);
  await show(over);
}

// Shows what the address says.
export async function restore(): Promise<void> {
  if (!over) return;
  over = null;
  const params = new URLSearchParams(location.search);
  fillForm(params);
  await show(params);
}

// Ends the view; the day stays, with the filters of the address.
export async function stayOn(day: string): Promise<void> {
  over = null;
  const params = new URLSearchParams(location.search);
  params.set("day", day);
  fillForm(params);
  history.pushState(null, "", `${location.pathname}?${params.toString()}${location.hash}`);
  await show(params);
}

function withoutDay(params: URLSearchParams): string {
  const rest = new URLSearchParams(params);
  rest.delete("day");
  return rest.toString();
}

function navigate(params: URLSearchParams, method: "pushState" | "replaceState"): void {
  if (over) {
    const isFilter = withoutDay(params) !== withoutDay(over);
    over = params;
    if (isFilter) filterOverHandler();
    void show(params);
    return;
  }
  const query = params.toString();
  history[method](null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
  void show(params);
}

function goToDay(link: HTMLElement): void {
  const params = readForm();
  const day = link.dataset.go ? boardElement().dataset[link.dataset.go] : undefined;
  if (day) params.set("day", day);
  else params.delete("day");
  fillForm(params);
  navigate(params, "pushState");
}

function switchView(view: string): void {
  for (const button of findAll("[data-show]", form)) button.setAttribute("aria-pressed", String(button.dataset.show === view));
  for (const area of findAll("[data-view]")) area.hidden = area.dataset.view !== view;
}

export function listen(onView: (view: string) => void): void {
  let typingTimer: number | undefined;
  // The server may open the board with another day than today; the address names it, so that Back finds it again.
  const day = readForm().get("day");
  if (day && !location.search) history.replaceState(null, "", `?${new URLSearchParams({ day }).toString()}${location.hash}`);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    navigate(readForm(), "pushState");
  });
  form.addEventListener("input", (event) => {
    clearTimeout(typingTimer);
    // Letters of one search are one step of the history.
    const isSearch = targetOf(event)?.matches("[type=search]");
    const submit = () => navigate(readForm(), isSearch ? "replaceState" : "pushState");
    typingTimer = window.setTimeout(submit, isSearch ? TYPING_MS : 0);
  });
  form.addEventListener("click", (event) => {
    const link = targetOf(event)?.closest<HTMLElement>("[data-go]");
    if (link) {
      event.preventDefault();
      goToDay(link);
    }
    const button = targetOf(event)?.closest<HTMLElement>("[data-show]");
    if (!button) return;
    const view = dataValue(button, "show");
    switchView(view);
    onView(view);
  });
  addEventListener("popstate", () => {
    const params = new URLSearchParams(location.search);
    if (over || params.toString() === boardQuery.toString()) return;
    fillForm(params);
    void show(params);
  });
}
