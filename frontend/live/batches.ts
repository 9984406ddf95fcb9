// The same change for several bookings: one question, and an answer for each of them.

import { create } from "../shared/dom";
import { formatMinute } from "../shared/formatting";
import { t } from "../shared/messages";
import { cancel, move, type Booking } from "./actions";
import { bookAgain, canBookAgain, startsOn, type ShownBooking } from "./block-acts";
import { showChange } from "./booking";
import { ask, field } from "./dialogs";
import { nearestStart, type StartTime } from "./drag/drop-targets";
import { axisOf, localTime } from "./timeline";
import { errorText, toast, toastWithUndo } from "./toasts";

const DAY_MS = 24 * 60 * 60 * 1000;

interface Answer {
  booking: ShownBooking;
  text: string;
  // Takes the change back; null when there is none or no way back.
  undo: (() => Promise<unknown>) | null;
  isDone: boolean;
}

function listOf(rows: { booking: ShownBooking; text: string }[]): HTMLElement {
  const list = create("ul", { className: "answers" });
  for (const { booking, text } of rows) {
    const row = create("li");
    row.append(create("strong", { textContent: `${booking.number}, ${booking.name}` }), create("span", { textContent: text }));
    list.append(row);
  }
  return list;
}

// One after the other: the server answers the second move of a contractor after the first.
async function each<T extends { booking: ShownBooking }>(items: T[], act: (item: T) => Promise<Omit<Answer, "booking" | "isDone">>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const item of items) {
    const { booking } = item;
    try {
      answers.push({ booking, isDone: true, ...(await act(item)) });
    } catch (error) {
      answers.push({ booking, isDone: false, text: errorText(error), undo: null });
    }
  }
  return answers;
}

// Shows what has become of each booking: in a toast if all went well, else in a list.
async function report(answers: Answer[], heading: string): Promise<void> {
  showChange([...new Set(answers.map(({ booking }) => booking.contractor))]);
  const undos = answers.flatMap(({ undo }) => (undo ? [undo] : []));
  const undoAll = async () => {
    for (const undo of undos.reverse()) await undo();
    showChange([...new Set(answers.map(({ booking }) => booking.contractor))]);
  };
  if (undos.length) toastWithUndo(heading, undoAll);
  else toast(heading, answers.some(({ isDone }) => isDone) ? "done" : "refused");
  if (answers.every(({ isDone }) => isDone)) return;
  await ask(heading, [listOf(answers)], t("close"), { canKeep: false }).answer;
}

const doneCount = (answers: Answer[]): number => answers.filter(({ isDone }) => isDone).length;

// --- Cancel ---------------------------------------------------------------------------------------

export async function cancelAll(bookings: ShownBooking[]): Promise<void> {
  const reason = create("input", { type: "text", required: true, maxLength: 500, autocomplete: "off" });
  const rows = bookings.map((booking) => ({ booking, text: "" }));
  const heading = t("cancelManyQuestion", { count: bookings.length });
  if (!(await ask(heading, [listOf(rows), field(t("cancelReason"), reason)], t("cancelSelectedNow")).answer)) return;
  const answers = await each(rows, async ({ booking }) => {
    await cancel(booking, reason.value.trim());
    return { text: t("canceled"), undo: canBookAgain(booking) ? () => bookAgain(booking) : null };
  });
  await report(answers, t("manyCanceled", { done: doneCount(answers), all: answers.length }));
}

// --- Move to another day --------------------------------------------------------------------------

interface Plan {
  booking: ShownBooking;
  start: StartTime | null;
  text: string;
}

export async function moveAll(bookings: ShownBooking[]): Promise<void> {
  const axis = axisOf();
  const zoneOf = (booking: ShownBooking): string => (axis.startsAt === null ? booking.zone : axis.clock);
  const [first] = bookings;
  if (!first) return;
  const nextDay = new Date(Date.parse(first.start) + DAY_MS);
  const day = create("input", { type: "date", required: true, value: localTime(nextDay, zoneOf(first)).day });
  const plan = create("div");
  plan.setAttribute("role", "status");
  const heading = t("moveManyQuestion", { count: bookings.length });
  const question = ask(heading, [field(t("day"), day), plan], t("moveNow"));
  let plans: Plan[] = [];
  const load = async () => {
    question.submit.disabled = true;
    const requested = day.value;
    plan.textContent = t("timesLoading");
    const found = await Promise.all(bookings.map((booking) => planOn(booking, requested, zoneOf(booking))));
    if (requested !== day.value) return;
    plans = found;
    plan.replaceChildren(listOf(plans));
    question.submit.disabled = !plans.some(({ start }) => start);
  };
  day.addEventListener("change", () => void load());
  void load();
  if (!(await question.answer)) return;
  const answers = await each(plans, async ({ booking, start, text }) => {
    if (!start) return { text, undo: null };
    const moved: Booking = await move(booking, booking.contractor, start.start);
    return { text, undo: () => move(moved, booking.contractor, booking.start) };
  });
  const outcomes = answers.map((answer, index) => ({ ...answer, isDone: answer.isDone && plans[index]?.start !== null }));
  await report(outcomes, t("manyMoved", { done: doneCount(outcomes), all: outcomes.length }));
}

// The same time of that day, else the nearest free start, named as such.
async function planOn(booking: ShownBooking, day: string, zone: string): Promise<Plan> {
  const { starts, reason } = await startsOn(booking, day);
  const minuteOf = (start: string): number => localTime(new Date(start), zone).minute;
  const present = minuteOf(booking.start);
  const start = nearestStart(starts.map((each) => ({ ...each, minute: minuteOf(each.start) })), present);
  if (!start) return { booking, start, text: reason };
  const time = formatMinute(start.minute);
  const text = start.minute === present ? t("sameTime", { time }) : t("otherTime", { time, present: formatMinute(present) });
  return { booking, start, text };
}
