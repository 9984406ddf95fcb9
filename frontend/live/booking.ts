// Booking a job from the board or the panel, with a toast that offers to undo it.

import { t } from "../shared/messages";
import { assign, cancel, move, type Booking } from "./actions";
import { toastWithUndo } from "./toasts";

export interface JobToBook {
  id: string;
  number: string;
  // The booking to move; an open job has none.
  booking?: Booking;
}

// Raises RequestRefused.
export async function assignOrMove(job: JobToBook, contractor: { id: string; name: string }, start: string): Promise<void> {
  const { booking, number } = job;
  if (!booking) {
    const created = await assign(job.id, contractor.id, start);
    toastWithUndo(t("jobAssigned", { job: number, contractor: contractor.name }), () => cancel(created, t("undoReason")));
    return;
  }
  const moved = await move(booking, contractor.id, start);
  const text =
    contractor.id === booking.contractor
      ? t("jobRescheduled", { job: number })
      : t("jobReassigned", { job: number, contractor: contractor.name });
  toastWithUndo(text, () => move(moved, booking.contractor, booking.start));
}
