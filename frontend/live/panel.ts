// The side panel of one job. Its address is the page's with `#job-ID`, so that the back button closes it.

import { Refused, book, tell, type Booking } from "./acts";
import { PAGE, SignedOut, all, announce, fetchHtml, one } from "./page";
import { pickUp } from "./carry";

const drawer = one("[data-drawer]");
let shown: string | null = null;
let asked = new URLSearchParams();
let opener: HTMLElement | null = null;
let turn = 0;
const listeners: (() => void)[] = [];

export const shownJob = (): string | null => shown;
export const whenShown = (act: () => void): void => void listeners.push(act);
export const candidates = (): HTMLElement[] => all("[data-candidate][data-rank]", drawer).filter((card) => card.dataset.rank);

export function open(job: string, from: HTMLElement | null): void {
  opener = from;
  if (location.hash === `#job-${job}`) void follow();
  else location.hash = `job-${job}`;
}

export function close(): void {
  if (location.hash) history.pushState(null, "", location.pathname + location.search);
  void follow();
}

async function follow(): Promise<void> {
  const job = /^#job-([-0-9a-f]{36})$/.exec(location.hash)?.[1] ?? null;
  if (job === shown) return;
  shown = job;
  asked = new URLSearchParams();
  drawer.hidden = !job;
  document.body.classList.toggle("with-drawer", Boolean(job));
  drawer.replaceChildren();
  listeners.forEach((act) => act());
  if (!job) {
    opener?.isConnected && opener.focus({ preventScroll: true });
    opener = null;
    return;
  }
  drawer.append(headOf("Ranking…"));
  drawer.focus({ preventScroll: true });
  await load(false);
}

// The ranking may have changed: read it again, and say who moved.
export function refresh(): void {
  if (shown) void load(true);
}

async function load(again: boolean): Promise<void> {
  const job = shown;
  turn += 1;
  const mine = turn;
  try {
    const fresh = await fetchHtml(`jobs/${job}/`, asked);
    if (mine !== turn || job !== shown) return;
    show(fresh, again);
  } catch (error) {
    if (mine !== turn || error instanceof SignedOut) return;
    sayTrouble("The ranking could not be read. It is tried again when the connection is back.");
  }
}

// What stands in the panel as long as there is no answer; it can be closed without one.
function headOf(text: string): HTMLElement {
  const head = Object.assign(document.createElement("div"), { className: "drawer-head" });
  head.append(Object.assign(document.createElement("p"), { className: "empty", textContent: text }));
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
  close.dataset.close = "";
  close.setAttribute("aria-label", "Close");
  head.append(close);
  return head;
}

// What is shown stays, with a line that says that it may be old.
function sayTrouble(text: string): void {
  const line = drawer.querySelector<HTMLElement>("[data-trouble]");
  if (!line) return drawer.replaceChildren(headOf(text));
  line.textContent = text;
  line.hidden = false;
  announce(text);
}

function show(fresh: DocumentFragment, again: boolean): void {
  const before = new Map(candidates().map((card) => [card.dataset.candidate!, card]));
  const scroll = drawer.scrollTop;
  const chosen = new Map(all<HTMLFormElement>("[data-offer]", drawer).map((form) => [form.dataset.contractor, start(form)]));
  const writing = drawer.querySelector<HTMLInputElement>("#why-q");
  const typed = writing?.value;
  const focus = focusIn(drawer);
  drawer.replaceChildren(fresh);
  for (const form of all<HTMLFormElement>("[data-offer]", drawer)) {
    const select = one<HTMLSelectElement>("select", form);
    const kept = chosen.get(form.dataset.contractor);
    if (kept && [...select.options].some(({ value }) => value === kept)) select.value = kept;
    sayWhatDiffers(form);
  }
  if (again) {
    if (typed !== undefined) one<HTMLInputElement>("#why-q", drawer).value = typed;
    drawer.scrollTop = scroll;
    if (focus) drawer.querySelector<HTMLElement>(focus)?.focus({ preventScroll: true });
    if (before.size) sayWhatMoved(before);
  }
  listeners.forEach((act) => act());
}

// Before it books, a card says what is different from what the customer wanted or has been told.
function sayWhatDiffers(form: HTMLFormElement): void {
  const note = one("[data-note]:not(option)", form);
  note.textContent = one<HTMLSelectElement>("select", form).selectedOptions[0]?.dataset.note ?? "";
  note.hidden = !note.textContent;
}

const start = (form: HTMLFormElement): string => one<HTMLSelectElement>("select", form).value;

// A selector that finds the focused element again in a new version of the panel.
function focusIn(within: HTMLElement): string | null {
  const focused = document.activeElement as HTMLElement | null;
  if (!focused || !within.contains(focused)) return null;
  if (focused.id) return `#${focused.id}`;
  const contractor = focused.closest<HTMLElement>("[data-offer]")?.dataset.contractor;
  return contractor ? `[data-offer][data-contractor="${contractor}"] ${focused.localName}` : "[data-close]";
}

function sayWhatMoved(before: Map<string, HTMLElement>): void {
  const said: string[] = [];
  const now = new Set<string>();
  for (const card of candidates()) {
    const { candidate, name, rank } = card.dataset as Record<string, string>;
    now.add(candidate!);
    const was = before.get(candidate!)?.dataset.rank;
    if (!was) said.push(`${name} is new at ${rank}`);
    else if (was !== rank) said.push(`${name} moved from ${was} to ${rank}`);
    if (was !== rank) card.classList.add("new");
  }
  for (const [id, card] of before) if (!now.has(id)) said.unshift(`${card.dataset.name} is no longer among them`);
  const line = drawer.querySelector<HTMLElement>("[data-moved]");
  if (!line || !said.length) return;
  line.textContent = `The ranking has changed: ${said.slice(0, 4).join(", ")}${said.length > 4 ? ` and ${said.length - 4} more` : ""}.`;
  line.hidden = false;
}

async function offer(form: HTMLFormElement): Promise<void> {
  const { panel, number, assignment, contractor, start: at } = one("[data-panel]", drawer).dataset as Record<string, string>;
  const from: Booking | undefined = assignment ? { assignment, contractor: contractor!, start: at! } : undefined;
  const button = one<HTMLButtonElement>("button", form);
  button.disabled = true;
  try {
    const person = { id: form.dataset.contractor!, name: form.dataset.contractorName! };
    await book({ id: panel!, number: number!, from }, person, start(form));
    refresh();
  } catch (error) {
    tell(error instanceof Refused ? error.message : String(error), "refused");
    refresh();
  }
}

async function why(params: URLSearchParams): Promise<void> {
  asked = params;
  await load(true);
  const answer = drawer.querySelector<HTMLElement>("[data-answer]");
  answer?.scrollIntoView({ block: "nearest" });
  if (answer) announce(answer.innerText);
}

export function listen(): void {
  addEventListener("hashchange", () => void follow());
  addEventListener("popstate", () => void follow());
  addEventListener("keydown", (event) => event.key === "Escape" && shown && close());
  drawer.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    if (form.matches("[data-offer]")) void offer(form);
    else if (form.matches("[data-why]")) void why(new URLSearchParams([["q", one<HTMLInputElement>("input", form).value]]));
  });
  drawer.addEventListener("change", (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("[data-offer]");
    if (form) sayWhatDiffers(form);
  });
  drawer.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-close]")) close();
    const person = target.closest<HTMLElement>("[data-ask]");
    if (person) void why(new URLSearchParams([["ask", person.dataset.ask!]]));
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const place = target.closest<HTMLElement>("[data-place]");
    if (place) return pickUp(place.closest<HTMLElement>("[data-job]")!);
    const plain = !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented;
    const opens = target.closest<HTMLElement>("[data-recommend], .block");
    if (!opens || !plain || !PAGE.mayRecommend) return;
    event.preventDefault();
    open(opens.dataset.recommend ?? opens.dataset.job!, opens);
  });
  void follow();
}
