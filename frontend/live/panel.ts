// The side panel of a job. Its address is the page's with `#job-ID`, so that the Back button closes it.

import { create, dataValue, find, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { promise, type Booking } from "./actions";
import { announce } from "./announcer";
import { assignOrMove } from "./booking";
import { goToStart, hideCandidates, keepShownDay, showCandidates } from "./candidate-rows";
import { rankedJobIn, type RankedJob } from "./candidates";
import { pickUp } from "./drag";
import { SignedOut, fetchHtml } from "./http";
import { isAsking } from "./override-reason";
import { PAGE } from "./page";
import { replaceContent, selectedApart, selectedStart, showNote } from "./panel-content";
import { toast, toastError } from "./toasts";

const drawer = find("[data-drawer]");
let shownJob: string | null = null;
let question = new URLSearchParams();
let isFreeThatDay = false;
let opener: HTMLElement | null = null;
let requests = 0;
const listeners: (() => void)[] = [];

export const currentJob = (): string | null => shownJob;

// The ranking that the panel shows; `null` while it loads.
export const currentRanking = (): RankedJob | null => (shownJob ? rankedJobIn(drawer) : null);

export function onChange(listener: () => void): void {
  listeners.push(listener);
}

const notify = (): void => {
  for (const listener of listeners) listener();
};

// `from` gets the focus back when the panel closes.
export function openJob(job: string, from: HTMLElement | null): void {
  opener = from;
  if (location.hash === `#job-${job}`) void followAddress();
  else location.hash = `job-${job}`;
}

export function close(): void {
  if (location.hash) history.pushState(null, "", location.pathname + location.search);
  void followAddress();
}

async function followAddress(): Promise<void> {
  const job = /^#job-([-0-9a-f]{36})$/.exec(location.hash)?.[1] ?? null;
  if (job === shownJob) return;
  shownJob = job;
  question = new URLSearchParams();
  isFreeThatDay = false;
  drawer.hidden = !job;
  document.body.classList.toggle("with-drawer", job !== null);
  drawer.replaceChildren();
  notify();
  if (!job) {
    // The board has been loaded again since.
    const again = opener?.isConnected ? opener : openerAgain(opener);
    again?.focus({ preventScroll: true });
    opener = null;
    return;
  }
  drawer.append(placeholder(t("rankingLoading")));
  drawer.focus({ preventScroll: true });
  await load({ isUpdate: false });
}

function openerAgain(element: HTMLElement | null): HTMLElement | null {
  const assignment = element?.dataset.assignment;
  return assignment ? document.querySelector(`.block[data-assignment="${CSS.escape(assignment)}"]`) : null;
}

// Reloads the ranking and shows how it has changed.
export function refresh(): void {
  if (shownJob) void load({ isUpdate: true });
}

async function load({ isUpdate }: { isUpdate: boolean }): Promise<void> {
  const job = shownJob;
  if (!job) return;
  requests += 1;
  const request = requests;
  try {
    const limits: [string, string][] = isFreeThatDay ? [["free_that_day", "1"]] : [];
    const content = await fetchHtml(`jobs/${job}/`, new URLSearchParams([...question, ...limits]));
    if (request !== requests || job !== shownJob) return;
    replaceContent(drawer, content, { isUpdate });
    notify();
  } catch (error) {
    if (request === requests && !(error instanceof SignedOut)) showTrouble(t("rankingFailed"));
  }
}

// The panel while there is no ranking: a text, and a button that closes it.
function placeholder(text: string): HTMLElement {
  const head = create("div", { className: "drawer-head" });
  const closeButton = create("button", { type: "button", textContent: "✕", ariaLabel: t("close") });
  closeButton.dataset.close = "";
  head.append(create("p", { className: "empty", textContent: text }), closeButton);
  return head;
}

// Keeps an old ranking, with a line that says that it is old.
function showTrouble(text: string): void {
  const line = drawer.querySelector<HTMLElement>("[data-trouble]");
  if (!line) {
    drawer.replaceChildren(placeholder(text));
    return;
  }
  line.textContent = text;
  line.hidden = false;
  announce(text);
}

async function submitOffer(form: HTMLFormElement): Promise<void> {
  const { dataset } = find("[data-panel]", drawer);
  const { panel: id = "", number = "", assignment, contractor = "", start = "" } = dataset;
  const booking: Booking | undefined = assignment ? { assignment, contractor, start } : undefined;
  const target = { id: dataValue(form, "contractor"), name: dataValue(form, "contractorName") };
  const choice = { contractor: target, start: selectedStart(form), apart: selectedApart(form), isOverride: "override" in form.dataset };
  const button = find<HTMLButtonElement>("button", form);
  // A disabled button loses the focus, which should stay in the panel.
  if (document.activeElement === button) drawer.focus({ preventScroll: true });
  button.disabled = true;
  try {
    const made = await assignOrMove({ id, number, ...(booking && { booking }) }, choice);
    if (!made) {
      button.disabled = false;
      button.focus();
      return;
    }
    await goToStart(made.start, dataValue(form, "zone"));
  } catch (error) {
    toastError(error);
  }
  refresh();
}

// Asks why a contractor is not in the ranking.
async function ask(params: URLSearchParams): Promise<void> {
  question = params;
  await load({ isUpdate: true });
  const answer = drawer.querySelector<HTMLElement>("[data-answer]");
  answer?.scrollIntoView({ block: "nearest" });
  if (answer) announce(answer.innerText);
}

function handleSubmit(event: SubmitEvent): void {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  if (form.matches("[data-offer]")) void submitOffer(form);
  else if (form.matches("[data-why]")) void ask(new URLSearchParams({ q: find<HTMLInputElement>("input", form).value }));
}

// Promises an offered window; from then on, the ranking offers starts in it only.
async function promiseWindow(button: HTMLButtonElement): Promise<void> {
  const { panel: id = "", number = "" } = find("[data-panel]", drawer).dataset;
  if (document.activeElement === button) drawer.focus({ preventScroll: true });
  button.disabled = true;
  try {
    await promise(id, dataValue(button, "promise"), dataValue(button, "end"));
    toast(t("windowPromised", { job: number, window: dataValue(button, "hours") }));
  } catch (error) {
    toastError(error);
  }
  refresh();
}

function handleDrawerClick(event: MouseEvent): void {
  const offered = targetOf(event)?.closest<HTMLButtonElement>("[data-promise]");
  if (offered) void promiseWindow(offered);
  if (targetOf(event)?.closest("[data-close]")) close();
  const contractor = targetOf(event)?.closest<HTMLElement>("[data-ask]")?.dataset.ask;
  if (contractor) void ask(new URLSearchParams({ ask: contractor }));
}

// Carries an open job with the keyboard, from the best candidate on. The candidates are the first rows meanwhile.
async function placeJob(card: HTMLElement): Promise<void> {
  const job = dataValue(card, "job");
  if (PAGE.mayRecommend) {
    try {
      const ranked = rankedJobIn(await fetchHtml(`jobs/${job}/`, new URLSearchParams()));
      if (ranked) await showCandidates(ranked);
    } catch {
      toast(t("rankingFailed"), "refused");
      return;
    }
  }
  // The list of open jobs may have been loaded again.
  const current = document.querySelector<HTMLElement>(`.job[data-job="${CSS.escape(job)}"]`);
  if (!current) return;
  pickUp(current, (isBooked) => void (isBooked ? keepShownDay() : hideCandidates()));
}

function handleDrawerChange(event: Event): void {
  const field = targetOf(event);
  const form = field?.closest<HTMLFormElement>("[data-offer]");
  if (form) showNote(form);
  if (field instanceof HTMLInputElement && field.matches("[data-limit]")) {
    isFreeThatDay = field.checked;
    refresh();
  }
}

function handlePageClick(event: MouseEvent): void {
  const placedJob = targetOf(event)?.closest("[data-place]")?.closest<HTMLElement>("[data-job]");
  if (placedJob) {
    void placeJob(placedJob);
    return;
  }
  const isPlainClick = !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented;
  const link = targetOf(event)?.closest<HTMLElement>("[data-recommend], .block");
  if (!link || !isPlainClick || !PAGE.mayRecommend) return;
  event.preventDefault();
  openJob(link.dataset.recommend ?? dataValue(link, "job"), link);
}

// A job or an assignment that was found by the search of the header opens here; other results are pages.
function handleSearchResult(event: CustomEvent<DOMStringMap>): void {
  const job = event.detail.recommend;
  if (!job || !PAGE.mayRecommend) return;
  event.preventDefault();
  openJob(job, document.getElementById("find"));
}

export function listen(): void {
  addEventListener("hashchange", () => void followAddress());
  addEventListener("popstate", () => void followAddress());
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shownJob && !isAsking()) close();
  });
  drawer.addEventListener("submit", handleSubmit);
  drawer.addEventListener("change", handleDrawerChange);
  drawer.addEventListener("click", handleDrawerClick);
  document.addEventListener("click", handlePageClick);
  document.addEventListener("search:open", handleSearchResult);
  void followAddress();
}
