// What a coordinator does on this page, through the API like everybody else; each can be undone for ten seconds.

import createClient from "openapi-fetch";

import { announce, one } from "./page";
import type { components, paths } from "./schema";

type Assignment = components["schemas"]["Assignment"];
type Problem = components["schemas"]["Problem"];

const UNDO_SECONDS = 10;
const token = one<HTMLInputElement>("[name=csrfmiddlewaretoken]").value;
const api = createClient<paths>({ headers: { "X-CSRFToken": token } });

export interface Booking {
  assignment: string;
  contractor: string;
  start: string;
}

// Refused, with the sentence of the API.
export class Refused extends Error {}

// A second click with the same key is the same request.
const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

async function answered(call: Promise<{ data?: Assignment; error?: Problem }>): Promise<Assignment> {
  const { data, error } = await call.catch(() => ({ data: undefined, error: undefined }));
  if (data) return data;
  throw new Refused(error?.detail ?? "There is no connection. Nothing has been changed.");
}

const bookingOf = (made: Assignment): Booking => ({
  assignment: made.id,
  contractor: made.contractor,
  start: made.time_slot.start,
});

export async function assign(job: string, contractor: string, start: string): Promise<Booking> {
  const call = api.POST("/api/v1/assignments/", { params: { header: once() }, body: { job, contractor, start } });
  return bookingOf(await answered(call));
}

// Another time with the same contractor, or another contractor.
export async function move(from: Booking, contractor: string, start: string): Promise<Booking> {
  const path = { id: from.assignment };
  const call =
    contractor === from.contractor
      ? api.POST("/api/v1/assignments/{id}/reschedule/", { params: { path, header: once() }, body: { start } })
      : api.POST("/api/v1/assignments/{id}/reassign/", { params: { path, header: once() }, body: { contractor, start } });
  return bookingOf(await answered(call));
}

export async function cancel(booking: Booking, reason: string): Promise<void> {
  const params = { path: { id: booking.assignment }, header: once() };
  await answered(api.POST("/api/v1/assignments/{id}/cancel/", { params, body: { reason } }));
}

// --- What was done, and the way back -------------------------------------------------------------

const shelf = one("[data-toasts]");

export function tell(text: string, kind: "done" | "refused" = "done"): HTMLElement {
  const toast = Object.assign(document.createElement("div"), { className: `toast ${kind}` });
  toast.append(Object.assign(document.createElement("p"), { textContent: text }));
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
  close.setAttribute("aria-label", "Dismiss");
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  shelf.append(toast);
  announce(text);
  setTimeout(() => toast.remove(), UNDO_SECONDS * 1000);
  return toast;
}

export function tellUndoable(text: string, undo: () => Promise<unknown>): void {
  const toast = tell(text);
  const button = Object.assign(document.createElement("button"), { type: "button", className: "undo", textContent: "Undo" });
  toast.querySelector("p")!.after(button);
  button.addEventListener("click", () => {
    button.disabled = true;
    undo().then(
      () => tell("Undone."),
      (error: Error) => tell(`Not undone. ${error.message}`, "refused"),
    ).finally(() => toast.remove());
  });
}

// Assign or move, say how it went, and offer the way back. Raises Refused.
export async function book(
  job: { id: string; number: string; from?: Booking },
  contractor: { id: string; name: string },
  start: string,
): Promise<void> {
  const from = job.from;
  if (!from) {
    const made = await assign(job.id, contractor.id, start);
    tellUndoable(`${job.number} is assigned to ${contractor.name}.`, () => cancel(made, "Undone"));
    return;
  }
  const moved = await move(from, contractor.id, start);
  const what = contractor.id === from.contractor ? "has another time" : `went to ${contractor.name}`;
  tellUndoable(`${job.number} ${what}.`, () => move(moved, from.contractor, from.start));
}
