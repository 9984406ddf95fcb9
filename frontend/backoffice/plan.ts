// The page of a plan: it follows the events, shows the progress of a run, and marks the changes that no longer hold.

import { EventStream } from "../live/event-stream";
import { create, dataValue, find, findAll } from "../shared/dom";
import { t } from "../shared/messages";
import { listenToItems } from "./plan-items";

// Events come in groups: one booking causes several.
const GATHER_MS = 1000;

interface Watched {
  state: string;
  stale: { id: string; text: string }[];
}

// Marks the rows that cannot be accepted any more, each with the reason.
export function markStale(page: HTMLElement, stale: Watched["stale"]): void {
  const texts = new Map(stale.map(({ id, text }) => [id, text]));
  for (const row of findAll("[data-item]", page)) {
    const note = find("[data-stale-note]", row);
    const text = texts.get(dataValue(row, "item")) ?? "";
    row.classList.toggle("is-stale", text !== "");
    note.hidden = !text;
    note.textContent = text;
  }
}

async function watch(page: HTMLElement): Promise<void> {
  const response = await fetch(dataValue(page, "watch"));
  if (!response.ok || response.redirected) return;
  const { state, stale } = (await response.json()) as Watched;
  if (state !== dataValue(page, "state")) showChanged(page);
  else markStale(page, stale);
}

// Someone else has accepted, discarded or undone the plan.
function showChanged(page: HTMLElement): void {
  const notice = find("[data-plan-changed]", page);
  if (!notice.hidden) return;
  const link = create("a", { href: location.pathname, textContent: t("reload"), className: "text-link underline" });
  notice.replaceChildren(`${t("planChanged")} `, link);
  notice.hidden = false;
}

function follow(page: HTMLElement): void {
  const isRunning = page.dataset.running !== undefined;
  let timer: number | undefined;
  const changed = () => {
    timer ??= window.setTimeout(() => {
      timer = undefined;
      // While the plan runs, htmx loads its progress.
      if (isRunning) document.body.dispatchEvent(new CustomEvent("plan-changed"));
      else void watch(page).catch(() => undefined);
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
  const form = page.querySelector<HTMLElement>("[data-plan-items]");
  if (form) listenToItems(form);
  if (page.dataset.watch !== undefined) follow(page);
}
