// Reports that the work of a booking takes longer than booked. The server reads the typed text (core/entry/later.py).

import { create, find } from "../shared/dom";
import { t } from "../shared/messages";
import { reportLate } from "./actions";
import type { ShownBooking } from "./block-acts";
import { showChange } from "./booking";
import { ask, field } from "./dialogs";
import { fetchJson } from "./http";
import { toast, toastError, toastWithUndo } from "./toasts";

// The expected end that a text means, or null with the reason why it has no meaning.
interface Reading {
  until: string | null;
  text: string;
}

const TYPING_MS = 250;

const read = (booking: ShownBooking, text: string): Promise<Reading> =>
  fetchJson<Reading>("delays/", new URLSearchParams({ assignment: booking.assignment, text })).catch(() => ({
    until: null,
    text: t("noAnswer"),
  }));

export async function askHowLate(booking: ShownBooking): Promise<void> {
  const typed = create("input", { type: "text", required: true, maxLength: 40, autocomplete: "off", placeholder: t("howLateExample") });
  const meaning = create("p", { className: "quiet" });
  meaning.role = "status";
  const heading = t("howLateQuestion", { job: booking.number, contractor: booking.name });
  const question = ask(heading, [field(t("howLate"), typed), meaning], t("reportLate"));
  const form = find<HTMLFormElement>("form", question.dialog);
  const understood: { typed: string; until: string | null } = { typed: "", until: null };
  let timer: number | undefined;
  const understand = async () => {
    clearTimeout(timer);
    const text = typed.value.trim();
    const reading = await read(booking, text);
    if (text !== typed.value.trim()) return;
    Object.assign(understood, { typed: text, until: reading.until });
    meaning.textContent = reading.text;
    typed.ariaInvalid = String(reading.until === null);
  };
  typed.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void understand(), TYPING_MS);
  });
  form.addEventListener("submit", (event) => {
    const isNew = understood.typed !== typed.value.trim();
    if (!isNew && understood.until) return;
    event.preventDefault();
    // The button is pressed again by the page once the text is understood.
    void understand().then(() => {
      if (isNew && understood.until) form.requestSubmit(question.submit);
    });
  });
  if ((await question.answer) && understood.until) await setLate(booking, understood.until);
}

// Reports the expected end, or withdraws the report with null.
export async function setLate(booking: ShownBooking, until: string | null): Promise<void> {
  try {
    await reportLate(booking, until);
  } catch (error) {
    toastError(error);
    return;
  }
  showChange([booking.contractor]);
  const values = { job: booking.number, contractor: booking.name };
  // The previous end may have passed and can then not be reported again.
  const isPast = booking.lateUntil !== null && Date.parse(booking.lateUntil) <= Date.now();
  const text = until ? t("reportedLate", values) : t("reportedOnTime", values);
  if (isPast) {
    toast(text);
    return;
  }
  toastWithUndo(text, async () => {
    await reportLate(booking, booking.lateUntil);
    showChange([booking.contractor]);
  });
}
