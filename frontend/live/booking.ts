// Booking a job from the board or the panel, with a toast that offers to undo it.

import { t } from "../shared/messages";
import { assign, cancel, move, RequestRefused, type Booking, type CustomerNotice } from "./actions";
import { showBookedBlock } from "./booked-block";
import { askBreakReason } from "./break-reason";
import { askOverrideReason } from "./override-reason";
import { PAGE } from "./page";
import { refresh } from "./partials";
import { toastWithUndo } from "./toasts";

export interface JobToBook {
  id: string;
  number: string;
  // The booking to move; an open job has none.
  booking?: Booking;
}

// `customerNotice`: what the customer learns of a broken arrival window.
type MadeBooking = Booking & { customerNotice?: CustomerNotice | undefined };

// A contractor and a start. `apart` says how the start differs from the desired date, in a few words.
export interface Choice {
  contractor: { id: string; name: string };
  start: string;
  apart: string;
  // Whether the contractor is not the first of the ranking: then the page asks why.
  isOverride: boolean;
  // Whether the keyboard focus follows the booking.
  focus?: boolean;
}

// Returns the booking, or `null` when the user takes the choice back. Raises RequestRefused.
export async function assignOrMove(job: JobToBook, choice: Choice): Promise<Booking | null> {
  const { booking, number } = job;
  const { contractor, start, apart } = choice;
  const asks = choice.isOverride && contractor.id !== booking?.contractor;
  const override = asks ? await askOverrideReason({ job: number, contractor: contractor.name, apart }) : "";
  if (override === null) return null;
  const book = (broken = "") =>
    booking ? move(booking, contractor.id, start, { override, broken }) : assign(job.id, contractor.id, start, { override, broken });
  const made = await askingToBreak(number, book);
  if (!made) return null;
  const lanes = booking ? [booking.contractor, contractor.id] : [contractor.id];
  showChange(lanes);
  showBookedBlock(made.assignment, { focus: choice.focus ?? false, row: contractor.id });
  const told = made.customerNotice && (made.customerNotice.is_told ? t("customerMessageQueued") : made.customerNotice.text);
  const text = [doneText(job, contractor), apart && t("startDiffers", { difference: apart }), told].filter(Boolean).join(" ");
  toastWithUndo(text, async () => {
    if (booking) await askingToBreak(number, (broken = "") => move(made, booking.contractor, booking.start, { broken }));
    else await cancel(made, t("undoReason"));
    showChange(lanes);
  });
  return made;
}

// Asks for the reason if the start is outside the arrival window, and the user is allowed to break it. `null`: taken back.
async function askingToBreak(job: string, book: (reason?: string) => Promise<Booking>): Promise<MadeBooking | null> {
  try {
    return await book();
  } catch (error) {
    if (!PAGE.mayBreakWindows || !(error instanceof RequestRefused) || error.code !== "outside-window") throw error;
    const { customerNotice } = error;
    const reason = await askBreakReason(job, error.message, customerNotice?.text ?? "");
    return reason === null ? null : { ...(await book(reason)), customerNotice };
  }
}

function doneText({ number, booking }: JobToBook, contractor: { id: string; name: string }): string {
  if (!booking) return t("jobAssigned", { job: number, contractor: contractor.name });
  return contractor.id === booking.contractor
    ? t("jobRescheduled", { job: number })
    : t("jobReassigned", { job: number, contractor: contractor.name });
}

// Does not wait for the event of the change, which takes a moment or, without a connection, does not come.
export function showChange(lanes: string[]): void {
  refresh(["jobs", "figures", "counts"], lanes);
}
