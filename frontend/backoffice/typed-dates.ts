// Dates and times as people type them: what the server reads from a field with `data-reads` is shown below it.

import { targetOf } from "../shared/dom";
import { showUnderstood, type Understood } from "./understood";

const TYPING_MS = 300;
// Tells other scripts what a field means; the detail is the response.
export const READ_EVENT = "typed-date:read";

const timers = new WeakMap<HTMLInputElement, number>();
const requests = new WeakMap<HTMLInputElement, number>();

const readField = (event: Event): HTMLInputElement | null => {
  const field = targetOf(event);
  return field instanceof HTMLInputElement && field.dataset.reads !== undefined ? field : null;
};

function nextRequest(field: HTMLInputElement): number {
  const number = (requests.get(field) ?? 0) + 1;
  requests.set(field, number);
  clearTimeout(timers.get(field));
  return number;
}

async function refresh(field: HTMLInputElement): Promise<void> {
  const request = nextRequest(field);
  const address = new URL(field.dataset.reads ?? "", location.href);
  address.searchParams.set("text", field.value);
  const response = field.value.trim() ? await fetch(address).catch(() => null) : null;
  // A response about a former text is not shown any more.
  if (request !== requests.get(field)) return;
  const isAnswer = response?.ok === true && !response.redirected;
  const understood = isAnswer ? ((await response.json()) as Understood) : undefined;
  showUnderstood(field, understood);
  field.dispatchEvent(new CustomEvent(READ_EVENT, { bubbles: true, detail: understood }));
}

function schedule(field: HTMLInputElement): void {
  nextRequest(field);
  timers.set(
    field,
    window.setTimeout(() => void refresh(field), TYPING_MS),
  );
}

export function listenToTypedDates(): void {
  document.addEventListener("input", (event) => {
    const field = readField(event);
    if (field) schedule(field);
  });
  // Only what was typed: a page that is opened shows no sentences.
  document.addEventListener("change", (event) => {
    const field = readField(event);
    if (field) void refresh(field);
  });
}
