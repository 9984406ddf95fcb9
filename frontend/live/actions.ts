// Assign, move and cancel: the requests of this page to the HTTP API.

import createClient from "openapi-fetch";

import { find } from "../shared/dom";
import { t } from "../shared/messages";
import type { components, paths } from "./schema";

type Assignment = components["schemas"]["Assignment"];

export const csrfToken = find<HTMLInputElement>("[name=csrfmiddlewaretoken]").value;
const api = createClient<paths>({ headers: { "X-CSRFToken": csrfToken } });

export interface Booking {
  assignment: string;
  contractor: string;
  start: string;
}

// Whether the customer gets a message when the promised arrival window is broken, and a sentence about it.
export interface CustomerNotice {
  is_told: boolean;
  text: string;
}

// What all problem documents of the API have, and the notice of the one about arrival windows.
interface Problem {
  type: string;
  detail: string;
  customer_notice?: CustomerNotice;
}

// Carries the sentence of the API that says why, its problem code, and for a start outside the arrival window the notice.
export class RequestRefused extends Error {
  constructor(
    message: string,
    readonly code = "",
    readonly customerNotice?: CustomerNotice,
  ) {
    super(message);
  }
}

// The server answers a repeated request with the same key from memory, so that a retry changes nothing twice.
const idempotencyKey = () => ({ "Idempotency-Key": crypto.randomUUID() });

async function assignmentFrom(request: Promise<{ data?: Assignment; error?: Problem }>): Promise<Assignment> {
  const { data, error } = await request.catch(() => ({ data: undefined, error: undefined }));
  if (data) return data;
  throw new RequestRefused(error?.detail ?? t("noAnswer"), error?.type.split("/").at(-1), error?.customer_notice);
}

const bookingOf = (assignment: Assignment): Booking => ({
  assignment: assignment.id,
  contractor: assignment.contractor,
  start: assignment.time_slot.start,
});

// `override`: why this contractor; `broken`: why the start is outside the promised arrival window.
export interface Reasons {
  override?: string;
  broken?: string;
}

const bodyOf = ({ override = "", broken = "" }: Reasons) => ({ override_reason: override, window_break_reason: broken });

export async function assign(job: string, contractor: string, start: string, reasons: Reasons = {}): Promise<Booking> {
  const request = api.POST("/api/v1/assignments/", {
    params: { header: idempotencyKey() },
    body: { job, contractor, start, ...bodyOf(reasons) },
  });
  return bookingOf(await assignmentFrom(request));
}

// Reschedules with the same contractor, else reassigns.
export async function move(booking: Booking, contractor: string, start: string, reasons: Reasons = {}): Promise<Booking> {
  const params = { path: { id: booking.assignment }, header: idempotencyKey() };
  const request =
    contractor === booking.contractor
      ? api.POST("/api/v1/assignments/{id}/reschedule/", { params, body: { start, window_break_reason: reasons.broken ?? "" } })
      : api.POST("/api/v1/assignments/{id}/reassign/", { params, body: { contractor, start, ...bodyOf(reasons) } });
  return bookingOf(await assignmentFrom(request));
}

export async function cancel(booking: Booking, reason: string): Promise<void> {
  const params = { path: { id: booking.assignment }, header: idempotencyKey() };
  await assignmentFrom(api.POST("/api/v1/assignments/{id}/cancel/", { params, body: { reason } }));
}

export interface Acceptance {
  accepted: number;
  // Why changes could not be booked, each with the number of its job.
  stale: { job: string; reason: string }[];
}

// Books one change of a plan, with those that belong to it.
export async function acceptProposal(plan: string, item: number): Promise<Acceptance> {
  const params = { path: { id: plan }, header: idempotencyKey() };
  const request = api.POST("/api/v1/plans/{id}/accept/", { params, body: { items: [item] } });
  const { data, error } = await request.catch(() => ({ data: undefined, error: undefined }));
  if (!data) throw new RequestRefused(error?.detail ?? t("noAnswer"), error?.type.split("/").at(-1));
  return { accepted: data.accepted.length, stale: data.stale.map((each) => ({ job: each.job_number, reason: each.message })) };
}

// Promises an arrival window to the customer of a job that has none.
export async function promise(job: string, start: string, end: string): Promise<void> {
  const params = { path: { id: job }, header: idempotencyKey() };
  const request = api.POST("/api/v1/jobs/{id}/window/", { params, body: { start, end } });
  const { data, error } = await request.catch(() => ({ data: undefined, error: undefined }));
  if (!data) throw new RequestRefused(error?.detail ?? t("noAnswer"), error?.type.split("/").at(-1));
}

// The changes of state that only go forward.
export type Transition = "confirm" | "start" | "complete";

export async function advance(booking: Booking, transition: Transition): Promise<void> {
  const params = { path: { id: booking.assignment }, header: idempotencyKey() };
  await assignmentFrom(api.POST(`/api/v1/assignments/{id}/${transition}/`, { params }));
}

// Reports when late work is expected to end; null withdraws the report.
export async function reportLate(booking: Booking, until: string | null): Promise<void> {
  const params = { path: { id: booking.assignment }, header: idempotencyKey() };
  await assignmentFrom(api.POST("/api/v1/assignments/{id}/running-late/", { params, body: { until } }));
}

// Confirms a booking that the rules would reject today.
export async function confirmDespiteConflict(booking: Booking): Promise<void> {
  const params = { path: { id: booking.assignment }, header: idempotencyKey() };
  await assignmentFrom(api.POST("/api/v1/assignments/{id}/confirm/", { params, body: { despite_conflict: true } }));
}
