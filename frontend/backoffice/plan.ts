// The page of a plan: it follows the events, shows the progress of a run, and marks the changes that no longer hold.

import { EventStream } from "../live/event-stream";
import { dataValue, find, findAll } from "../shared/dom";
import { t } from "../shared/messages";
import { listenToItems, restoreView, viewOf } from "./plan-items";

// Events come in groups: one booking causes several.
const GATHER_MS = 1000;

interface Watched {
  version: number;
  stale: { id: string; text: string }[];
}

// Marks the changes that cannot be accepted any more: their rows, each with the reason, on the week board and on the map.
export function markStale(page: HTMLElement, stale: Watched["stale"]): void {
  const texts = new Map(stale.map(({ id, text }) => [id, text]));
  for (const row of findAll("[data-item]", page)) {
    const note = find("[data-stale-note]", row);
    const text = texts.get(dataValue(row, "item")) ?? "";
    row.classList.toggle("is-stale", text !== "");
    note.hidden = !text;
    note.textContent = text;
  }
  markBlocks(page, new Set(texts.keys()));
  page.dataset.stale = [...texts.keys()].join(" ");
  page.dispatchEvent(new Event("plan-shown"));
}

// The proposals of the week board, with the words of its legend for readers who don't see colors.
function markBlocks(page: HTMLElement, stale: ReadonlySet<string>): void {
  for (const block of findAll<HTMLAnchorElement>('.plan-block[href^="#item-"]', page)) {
    const isStale = stale.has(block.hash.replace("#item-", ""));
    block.classList.toggle("stale", isStale);
    block.classList.toggle("proposed", !isStale);
    find("[data-kind-text]", block).textContent = find(`[data-kind=${isStale ? "stale" : "proposed"}]`, page).textContent.trim();
  }
}

async function look(page: HTMLElement): Promise<void> {
  const response = await fetch(dataValue(page, "watch"));
  if (!response.ok || response.redirected) return;
  const { version, stale } = (await response.json()) as Watched;
  const shown = shownVersion(page);
  if (version < shown) return;
  if (version > shown) await showAnew(page);
  markStale(page, stale);
}

const shownVersion = (page: HTMLElement): number => Number(dataValue(page, "version"));

// Looks at one state of the plan at a time, so that a late answer cannot bring back older content. A call during a look
// causes one more look after it.
export function watcher(page: HTMLElement): () => Promise<void> {
  let isLooking = false;
  let isAgain = false;
  return async () => {
    isAgain = true;
    if (isLooking) return;
    isLooking = true;
    while (isAgain) {
      isAgain = false;
      await look(page).catch(() => undefined);
    }
    isLooking = false;
  };
}

// Another user has accepted, discarded or undone something, also on the board: the page shows the plan as it is now.
async function showAnew(page: HTMLElement): Promise<void> {
  const response = await fetch(`${location.pathname}?content`);
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const freshPage = fresh.querySelector<HTMLElement>("[data-plan]");
  if (!freshPage || shownVersion(freshPage) < shownVersion(page)) return;
  page.dataset.version = dataValue(freshPage, "version");
  if (!replaceParts(page, freshPage)) return;
  const notice = find("[data-plan-changed]", page);
  notice.hidden = false;
  notice.textContent = t("planChanged");
}

// The HTML of each part as the server sent it: scripts have changed the page since then.
const sent = new WeakMap<HTMLElement, string>();

// Called before any script changes the parts.
export function rememberParts(page: HTMLElement): void {
  for (const part of findAll("[data-plan-part]", page)) sent.set(part, withoutTokens(part));
}

// Puts the fresh parts in the place of those that differ from what the server sent before, and keeps what is selected, shown, open and focused.
export function replaceParts(page: HTMLElement, freshPage: HTMLElement): boolean {
  let isChanged = false;
  for (const part of findAll("[data-plan-part]", page)) {
    const fresh = freshPage.querySelector<HTMLElement>(`[data-plan-part="${dataValue(part, "planPart")}"]`);
    if (!fresh) continue;
    const html = withoutTokens(fresh);
    if (html === sent.get(part)) continue;
    sent.set(part, html);
    isChanged = true;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const form = part.querySelector<HTMLElement>("[data-plan-items]");
    const view = form && viewOf(form);
    part.replaceChildren(...fresh.childNodes);
    const freshForm = part.querySelector<HTMLElement>("[data-plan-items]");
    if (freshForm) listenToItems(freshForm);
    if (freshForm && view) restoreView(freshForm, view);
    if (focused) focusAgain(part, focused);
  }
  return isChanged;
}

// The HTML that a user sees: each answer of the server has another token.
const withoutTokens = (part: HTMLElement): string => {
  const copy = part.cloneNode(true) as HTMLElement;
  for (const token of findAll("[name=csrfmiddlewaretoken]", copy)) token.remove();
  return copy.innerHTML;
};

// What tells a control from the others of its row or part; the text only if nothing else does, because texts have counts.
const NAMING = ["name", "value", "href", "data-show", "data-select-all", "data-accept-selected"];

function identityOf(control: Element): string {
  const names = NAMING.map((name) => control.getAttribute(name));
  const isNamed = names.some((value) => value !== null);
  const action = control.closest("form")?.getAttribute("action");
  return JSON.stringify([control.localName, action, ...names, isNamed ? "" : control.textContent.trim()]);
}

// The control of a fresh part, and of the same row in it, that has taken the place of the focused one.
function sameControl(part: HTMLElement, row: string | undefined, focused: Element): HTMLElement | undefined {
  if (focused.id) return findAll(`#${CSS.escape(focused.id)}`, part)[0];
  const identity = identityOf(focused);
  const same = findAll(focused.localName, part).filter(
    (each) => each.closest<HTMLElement>("[data-item]")?.dataset.item === row && identityOf(each) === identity,
  );
  return same.find(({ textContent }) => textContent === focused.textContent) ?? same[0];
}

// Never focuses a submit button other than the one that had the focus: the next key would book what was not chosen.
function focusAgain(part: HTMLElement, focused: Element): void {
  const row = focused.closest<HTMLElement>("[data-item]")?.dataset.item;
  const link = row && part.querySelector<HTMLElement>(`[data-item="${row}"] a`);
  for (const target of [sameControl(part, row, focused), link]) {
    if (!target || target.matches(":disabled") || target.closest("[hidden]")) continue;
    target.focus({ preventScroll: true });
    return;
  }
  const heading = part.querySelector<HTMLElement>("h2") ?? part;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function follow(page: HTMLElement): void {
  const isRunning = page.dataset.running !== undefined;
  const watch = watcher(page);
  let timer: number | undefined;
  const changed = () => {
    timer ??= window.setTimeout(() => {
      timer = undefined;
      // While the plan runs, htmx loads its progress.
      if (isRunning) document.body.dispatchEvent(new CustomEvent("plan-changed"));
      else void watch();
    }, isRunning ? 0 : GATHER_MS);
  };
  const stream = new EventStream(
    {
      after: Number(dataValue(page, "after")),
      types: dataValue(page, "types"),
      ...(isRunning ? { topics: `plan:${dataValue(page, "plan")}` } : {}),
      heartbeatSeconds: Number(dataValue(page, "heartbeat")),
      isSignedIn: async () => !(await fetch(dataValue(page, "watch"))).redirected,
    },
    { event: changed, resync: changed, live: () => undefined, lost: () => undefined, signedOut: () => undefined },
  );
  stream.open();
  addEventListener("pagehide", () => {
    stream.close();
  });
}

export function listenToPlan(): void {
  const page = document.querySelector<HTMLElement>("[data-plan]");
  if (!page) return;
  rememberParts(page);
  const form = page.querySelector<HTMLElement>("[data-plan-items]");
  if (form) listenToItems(form);
  if (page.dataset.watch !== undefined) follow(page);
}
