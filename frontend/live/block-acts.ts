// What can be done with a booking: the entries of its menu. The server says which states it can change to.

import { create, dataValue, find } from "../shared/dom";
import { formatMinute } from "../shared/formatting";
import { t } from "../shared/messages";
import { advance, assign, cancel, confirmDespiteConflict, type Booking, type Transition } from "./actions";
import { assignOrMove, showChange } from "./booking";
import { ask, field } from "./dialogs";
import { nearestStart, preferredStarts, type DropTarget } from "./drag/drop-targets";
import { fetchJson } from "./http";
import type { MenuItem } from "./menu";
import { PAGE } from "./page";
import { openJob } from "./panel";
import { askHowLate, setLate } from "./running-late";
import { shownBoardQuery } from "./partials";
import { axisOf, localTime } from "./timeline";
import { toast, toastError, toastWithUndo } from "./toasts";

// A booking as its block shows it.
export interface ShownBooking extends Booking {
  job: string;
  number: string;
  name: string;
  zone: string;
  status: string;
  transitions: string[];
  isMovable: boolean;
  canRunLate: boolean;
  // The reported end of late work.
  lateUntil: string | null;
}

interface Change {
  state: string;
  act: Transition;
  text: () => string;
  done: (values: { job: string; contractor: string }) => string;
}

const CHANGES: Change[] = [
  { state: "confirmed", act: "confirm", text: () => t("confirm"), done: (values) => t("jobConfirmed", values) },
  { state: "in_progress", act: "start", text: () => t("startWork"), done: (values) => t("jobStarted", values) },
  { state: "completed", act: "complete", text: () => t("completeWork"), done: (values) => t("jobCompleted", values) },
];
const STATUSES = ["pending", "confirmed", "in_progress", "completed"];

export function shownBooking(block: HTMLElement): ShownBooking {
  const lane = block.closest<HTMLElement>("[data-lane]");
  if (!lane) throw new Error("A block is in a lane.");
  return {
    assignment: dataValue(block, "assignment"),
    contractor: dataValue(lane, "lane"),
    start: dataValue(block, "start"),
    job: dataValue(block, "job"),
    number: dataValue(block, "number"),
    name: dataValue(lane, "name"),
    zone: dataValue(lane, "zone"),
    status: STATUSES.find((status) => block.classList.contains(status)) ?? "",
    transitions: dataValue(block, "transitions").split(" "),
    isMovable: block.dataset.movable !== undefined,
    canRunLate: block.dataset.canRunLate !== undefined,
    lateUntil: block.dataset.lateUntil ?? null,
  };
}

export function menuItems(booking: ShownBooking): MenuItem[] {
  const items: MenuItem[] = [];
  if (PAGE.mayAssign) {
    const changes = CHANGES.filter(({ state }) => booking.transitions.includes(state));
    items.push(...changes.map((change) => ({ text: change.text(), act: () => void apply(change, booking) })));
    if (booking.canRunLate) items.push({ text: t("runningLate"), act: () => void askHowLate(booking) });
    if (booking.lateUntil) items.push({ text: t("onTime"), act: () => void setLate(booking, null) });
    if (booking.isMovable) {
      items.push({ text: t("reschedule"), act: () => void reschedule(booking) });
      if (PAGE.mayRecommend) items.push({ text: t("reassign"), act: () => openJob(booking.job, blockOf(booking)) });
    }
    if (booking.transitions.includes("cancelled")) items.push({ text: t("cancelBooking"), act: () => void askToCancel(booking) });
  }
  items.push(
    { text: t("openBooking"), href: `${PAGE.adminUrl}assignments/assignment/${booking.assignment}/change/` },
    { text: t("copyNumber"), act: () => void copyNumber(booking) },
  );
  return items;
}

const blockOf = ({ assignment }: Booking): HTMLElement | null => document.querySelector(`[data-assignment="${assignment}"].block`);

async function apply({ act, done }: Change, booking: ShownBooking): Promise<void> {
  try {
    if (!(await advanced(booking, act))) return;
  } catch (error) {
    toastError(error);
    return;
  }
  showChange([booking.contractor]);
  toast(done({ job: booking.number, contractor: booking.name }));
}

// Asks before a booking is confirmed that the rules would reject today. False if the answer is no.
async function advanced(booking: ShownBooking, act: Transition): Promise<boolean> {
  try {
    await advance(booking, act);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const heading = t("conflictQuestion", { job: booking.number });
    if (!(await ask(heading, [create("p", { textContent: error.message })], t("confirmDespiteConflict")).answer)) return false;
    await confirmDespiteConflict(booking);
  }
  return true;
}

const isConflict = (error: unknown): error is Error => error instanceof Error && "code" in error && error.code === "booking-in-conflict";

// --- Cancel ---------------------------------------------------------------------------------------

async function askToCancel(booking: ShownBooking): Promise<void> {
  const reason = create("input", { type: "text", required: true, maxLength: 500, autocomplete: "off" });
  const heading = t("cancelQuestion", { job: booking.number, contractor: booking.name });
  const question = ask(heading, [field(t("cancelReason"), reason)], t("cancelBookingNow"));
  if (!(await question.answer)) return;
  try {
    await cancel(booking, reason.value.trim());
  } catch (error) {
    toastError(error);
    return;
  }
  find(`[data-lane="${booking.contractor}"] h3 a`).focus({ preventScroll: true });
  showChange([booking.contractor]);
  const text = t("jobCanceled", { job: booking.number, contractor: booking.name });
  if (canBookAgain(booking)) toastWithUndo(text, () => bookAgain(booking));
  else toast(text);
}

// Work that has begun, and a start in the past, cannot be booked again.
export const canBookAgain = ({ isMovable, start }: ShownBooking): boolean => isMovable && Date.parse(start) > Date.now();

export async function bookAgain(booking: ShownBooking): Promise<void> {
  const again = await assign(booking.job, booking.contractor, booking.start);
  if (booking.status === "confirmed") await advance(again, "confirm");
  showChange([booking.contractor]);
}

const NO_TARGET: DropTarget = { starts: [], reason: "", aim: 0, rank: null, isOverride: false, window: null };

// --- Reschedule -----------------------------------------------------------------------------------

async function reschedule(booking: ShownBooking): Promise<void> {
  const axis = axisOf();
  const zone = axis.startsAt === null ? booking.zone : axis.clock;
  const present = localTime(new Date(booking.start), zone);
  const day = create("input", { type: "date", required: true, value: present.day });
  const start = create("select", { required: true });
  const note = create("p", { className: "differs" });
  note.role = "status";
  const heading = t("rescheduleQuestion", { job: booking.number, contractor: booking.name });
  const question = ask(heading, [field(t("day"), day), field(t("startTime"), start), note], t("rescheduleNow"));
  let target = NO_TARGET;
  const selected = () => target.starts.find((each) => each.start === start.value);
  const showNote = () => {
    note.textContent = selected()?.note ?? target.reason;
  };
  const load = async () => {
    question.submit.disabled = true;
    const requested = day.value;
    target = await startsOn(booking, requested);
    if (requested !== day.value) return;
    const minuteOf = (at: string) => localTime(new Date(at), zone).minute;
    const { starts } = target;
    const options = starts.map((each) => create("option", { value: each.start, textContent: formatMinute(minuteOf(each.start)) }));
    start.replaceChildren(...options);
    const preferred = preferredStarts(starts).map((each) => ({ ...each, minute: minuteOf(each.start) }));
    const nearest = nearestStart(preferred, present.minute);
    if (nearest) start.value = nearest.start;
    question.submit.disabled = !starts.length;
    showNote();
  };
  day.addEventListener("change", () => void load());
  start.addEventListener("change", showNote);
  void load();
  const isAnswered = await question.answer;
  const { assignment, contractor, start: previous } = booking;
  if (!isAnswered || Date.parse(start.value) === Date.parse(previous)) return;
  try {
    await assignOrMove(
      { id: booking.job, number: booking.number, booking: { assignment, contractor, start: previous } },
      { contractor: { id: contractor, name: booking.name }, start: start.value, apart: selected()?.apart ?? "", isOverride: false },
    );
  } catch (error) {
    toastError(error);
  }
}

// The contractor's possible starts on a day of the board's clock; without any, the reason.
export async function startsOn(booking: ShownBooking, day: string): Promise<DropTarget> {
  const params = shownBoardQuery();
  for (const name of ["days", "show"]) params.delete(name);
  for (const [name, value] of Object.entries({ day, job: booking.job, contractors: booking.contractor })) params.set(name, value);
  const failed = { ...NO_TARGET, reason: t("timesFailed") };
  return fetchJson<Partial<Record<string, DropTarget>>>("fits/", params).then(
    (targets) => targets[booking.contractor] ?? failed,
    () => failed,
  );
}

async function copyNumber({ number }: ShownBooking): Promise<void> {
  try {
    await navigator.clipboard.writeText(number);
    toast(t("numberCopied", { job: number }));
  } catch {
    toast(t("copyFailed", { job: number }), "refused");
  }
}
