// Booking a job from the board or the panel, with a toast that offers to undo it.

import { t } from "../shared/messages";
import { assign, cancel, move, type Booking } from "./actions";
import { refresh } from "./partials";
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
    showChange([contractor.id]);
    toastWithUndo(t("jobAssigned", { job: number, contractor: contractor.name }), async () => {
      await cancel(created, t("undoReason"));
      showChange([contractor.id]);
    });
    return;
  }
  const moved = await move(booking, contractor.id, start);
  const lanes = [booking.contractor, contractor.id];
  showChange(lanes);
  const text =
    contractor.id === booking.contractor
      ? t("jobRescheduled", { job: number })
      : t("jobReassigned", { job: number, contractor: contractor.name });
  toastWithUndo(text, async () => {
    await move(moved, booking.contractor, booking.start);
    showChange(lanes);
  });
}

// Does not wait for the event of the change, which takes a moment or, without a connection, does not come.
export function showChange(lanes: string[]): void {
  refresh(["jobs", "figures"], lanes);
}
