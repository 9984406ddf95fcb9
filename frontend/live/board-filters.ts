// The form above the board: day, contractors, lanes or map. The address of the page holds its values.

import { dataValue, find, findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { announce } from "./announcer";
import { listenToSearch, type Choice } from "./board-search";
import { close, openJob } from "./panel";
import { boardQuery, showBoard } from "./partials";
import { revealRow } from "./row-paging";
import { withoutPlace } from "./row-window";
import { boardElement } from "./timeline";
import { toast } from "./toasts";

const TYPING_MS = 250;
const DEFAULTS: Partial<Record<string, string>> = { status: "active" };
// Parameters that belong to no saved view.
const PASSING = ["day", "for_job", "able", "row", "rows", "at"];
// The filters that the form folds away (dashboard/question.py).
const FOLDED_FILTERS = ["city", "type", "status", "show", "group", "working", "able", "clock", "proposals"];
// Filters and orders that are about the selected job.
const isAboutJob = (params: URLSearchParams): boolean => params.has("able") || params.get("sort") === "distance";
const form = find<HTMLFormElement>("[data-question]");

function readForm(): URLSearchParams {
  const values = [...new FormData(form)].map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value.trim() : "",
  ]);
  const params = new URLSearchParams(values.filter(([name, value]) => value && value !== DEFAULTS[name]));
  if (!isAboutJob(params)) params.delete("for_job");
  return params;
}

function fillForm(params: URLSearchParams): void {
  for (const field of findAll<HTMLInputElement | HTMLSelectElement>("input, select", form)) {
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = params.has(field.name);
    else if (field.name !== "for_job" || params.has("for_job")) field.value = params.get(field.name) ?? DEFAULTS[field.name] ?? "";
  }
}

// How many of the folded filters are active.
function showActiveFilters(params: URLSearchParams): void {
  const active = FOLDED_FILTERS.filter((name) => (params.get(name) ?? "") !== "" && params.get(name) !== DEFAULTS[name]).length;
  find("[data-active-filters]", form).hidden = !active;
  find("[data-active-count]", form).textContent = String(active);
}

async function show(params: URLSearchParams): Promise<void> {
  showActiveFilters(params);
  form.setAttribute("aria-busy", "true");
  try {
    await showBoard(params);
  } catch {
    return; // the connection status shows the loss, and everything reloads when the connection is back
  } finally {
    form.removeAttribute("aria-busy");
  }
  find("[data-heading]", form).textContent = boardElement().dataset.heading ?? "";
  // The map follows the filters.
  if (!find("[data-view=map]").hidden) viewListener("map");
}

function write(params: URLSearchParams, method: "pushState" | "replaceState"): void {
  const query = params.toString();
  history[method](null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
  showCurrentView();
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
  write(params, method);
  void show(params);
}

// Marks the saved view with the present filters, and keeps what a new view would save.
function showCurrentView(): void {
  const params = new URLSearchParams(location.search);
  const field = document.querySelector<HTMLInputElement>("[data-views] [name=query]");
  if (field) field.value = params.toString();
  for (const name of PASSING) params.delete(name);
  params.sort();
  for (const link of findAll<HTMLAnchorElement>("[data-views] a")) {
    const view = new URLSearchParams(link.search);
    view.sort();
    if (view.toString() === params.toString()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function goToDay(link: HTMLElement): void {
  const params = readForm();
  const day = link.dataset.go ? boardElement().dataset[link.dataset.go] : undefined;
  if (day) params.set("day", day);
  else params.delete("day");
  fillForm(params);
  navigate(params, "pushState");
}

let viewListener: (view: string) => void = () => undefined;

// Goes to a search result: an open job opens its ranking, a booking and a contractor are shown in their row.
async function jumpTo({ contractor, job, day, booked, assignment }: Choice): Promise<void> {
  if (job && !booked) {
    const field = find<HTMLInputElement>("[name=q]", form);
    field.value = "";
    if (boardQuery.has("q")) navigate(readForm(), "replaceState");
    openJob(job, field);
    return;
  }
  const row = await jumpToRow(contractor ?? booked ?? "", day);
  const block = assignment ? row?.querySelector<HTMLElement>(`[data-assignment="${CSS.escape(assignment)}"]`) : null;
  const target = block ?? row;
  if (!target) {
    announce(t("rowMissing"));
    return;
  }
  for (const element of findAll(".marked")) element.classList.remove("marked");
  target.classList.add("marked");
  (block ?? find("h3 a", target)).focus({ preventScroll: true });
}

// The words of the search have led here and would hide the other rows. Filters stay unless they hide the row.
async function jumpToRow(contractor: string, day: string | undefined): Promise<HTMLElement | null> {
  // The rows of candidates would hide the others.
  over = null;
  if (location.hash) close();
  fillForm(new URLSearchParams(location.search));
  const params = readForm();
  params.delete("q");
  if (day && day !== boardElement().dataset.day) params.set("day", day);
  const rowAfter = async (method: "pushState" | "replaceState") => {
    const query = new URLSearchParams(params);
    fillForm(query);
    write(query, method);
    await show(query);
    return revealRow(contractor);
  };
  switchView("board");
  const row = await rowAfter("pushState");
  if (row) return row;
  for (const name of ["type", "city", "show", "working", "able"]) params.delete(name);
  params.set("status", "any");
  return rowAfter("replaceState");
}

// Selects the job that `able` and the order by distance are about. It stays selected when its panel is closed.
export function selectJob(job: string | null): void {
  const field = find<HTMLInputElement>("[name=for_job]", form);
  if (!job || field.value === job) return;
  field.value = job;
  for (const element of findAll("[data-needs-job]", form)) element.hidden = false;
  const params = readForm();
  if (isAboutJob(params)) navigate(params, "replaceState");
}

function switchView(view: string): void {
  for (const button of findAll("[data-show]", form)) button.setAttribute("aria-pressed", String(button.dataset.show === view));
  for (const area of findAll("[data-view]")) area.hidden = area.dataset.view !== view;
}

export function listen(onView: (view: string) => void): void {
  viewListener = onView;
  let typingTimer: number | undefined;
  // The server may open the board with another day than today; the address names it, so that Back finds it again.
  const day = readForm().get("day");
  if (day && !location.search) history.replaceState(null, "", `?${new URLSearchParams({ day }).toString()}${location.hash}`);
  listenToSearch(
    (choice) => {
      jumpTo(choice).catch(() => toast(t("noAnswer"), "refused"));
    },
    () => {
      navigate(readForm(), "replaceState");
    },
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    navigate(readForm(), "pushState");
  });
  form.addEventListener("input", (event) => {
    // The search filters the rows itself when it has its results.
    if (targetOf(event)?.matches("[name=q]")) return;
    clearTimeout(typingTimer);
    // Letters of one search are one step of the history.
    const isSearch = targetOf(event)?.matches("[type=search]");
    const submit = () => {
      navigate(readForm(), isSearch ? "replaceState" : "pushState");
    };
    typingTimer = window.setTimeout(submit, isSearch ? TYPING_MS : 0);
  });
  form.addEventListener("click", (event) => {
    const link = targetOf(event)?.closest<HTMLElement>("[data-go]");
    if (link) {
      event.preventDefault();
      goToDay(link);
    }
    const fold = targetOf(event)?.closest<HTMLElement>("[data-fold]");
    if (fold) fold.ariaExpanded = String(fold.ariaExpanded !== "true");
    const button = targetOf(event)?.closest<HTMLElement>("[data-show]");
    if (!button) return;
    const view = dataValue(button, "show");
    switchView(view);
    onView(view);
  });
  addEventListener("popstate", () => {
    const address = new URLSearchParams(location.search);
    const params = withoutPlace(address);
    if (over || params.toString() === boardQuery.toString()) return;
    fillForm(params);
    showCurrentView();
    void show(address);
  });
}
