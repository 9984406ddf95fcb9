import { beforeEach, describe, expect, it, vi } from "vitest";

import { cancelAll, moveAll } from "../live/batches";
import type { ShownBooking } from "../live/block-acts";
import { find, findAll } from "../shared/dom";

const { bookAgain, cancel, move, showChange, startsOn, toast, toastWithUndo } = vi.hoisted(() => ({
  bookAgain: vi.fn<(booking: ShownBooking) => Promise<void>>(),
  cancel: vi.fn<(booking: ShownBooking, reason: string) => Promise<void>>(),
  move: vi.fn<(booking: ShownBooking, contractor: string, start: string) => Promise<unknown>>(),
  showChange: vi.fn(),
  startsOn: vi.fn<(booking: { assignment: string }, day: string) => Promise<unknown>>(),
  toast: vi.fn(),
  toastWithUndo: vi.fn<(text: string, undo: () => Promise<unknown>) => void>(),
}));
vi.mock("../live/actions", () => ({ cancel, move }));
vi.mock("../live/block-acts", () => ({ bookAgain, canBookAgain: () => true, startsOn }));
vi.mock("../live/booking", () => ({ showChange }));
vi.mock("../live/timeline", async (original) => ({ ...(await original()), axisOf: () => ({ clock: "UTC", startsAt: 0 }) }));
vi.mock("../live/toasts", () => ({ errorText: (error: Error) => error.message, toast, toastWithUndo }));

const booking = (id: string): ShownBooking => ({
  assignment: id,
  contractor: `crew-${id}`,
  start: "2100-03-09T15:00:00Z",
  job: `job-${id}`,
  number: `JOB-${id}`,
  name: `Crew ${id}`,
  zone: "UTC",
  status: "pending",
  transitions: ["cancelled"],
  isMovable: true,
  canRunLate: false,
  lateUntil: null,
});
const start = (time: string) => ({ minute: 0, start: `2100-03-10T${time}:00Z`, note: "" });
const lines = (): string[] => findAll(".answers li span").map((line) => line.textContent);

function answer(value: string): void {
  const dialog = find<HTMLDialogElement>("dialog");
  dialog.returnValue = value;
  dialog.dispatchEvent(new Event("close"));
}

beforeEach(() => {
  vi.resetAllMocks();
  document.body.innerHTML = "";
});

describe("moving several bookings", () => {
  beforeEach(() => {
    startsOn.mockImplementation(({ assignment }) =>
      Promise.resolve(
        { a: { starts: [start("13:00"), start("15:00")], reason: "" }, b: { starts: [start("16:00")], reason: "" } }[assignment] ?? {
          starts: [],
          reason: "Crew c does not work on this day.",
        },
      ),
    );
    move.mockImplementation((moved) => Promise.resolve(moved));
  });

  it("shows the start of each before, and moves those that can", async () => {
    const done = moveAll([booking("a"), booking("b"), booking("c")]);
    expect(find<HTMLInputElement>("dialog input").value).toBe("2100-03-10");
    await vi.waitFor(() => expect(lines()).toHaveLength(3));
    expect(lines()[0]).toContain("the same time");
    expect(lines()[1]).toContain("the nearest free start");
    expect(lines()[2]).toBe("Crew c does not work on this day.");
    answer("yes");
    await vi.waitFor(() => expect(toastWithUndo).toHaveBeenCalledWith("2 of 3 bookings were moved.", expect.anything()));
    expect(move.mock.calls.map(([moved, , at]) => [moved.assignment, at])).toEqual([
      ["a", "2100-03-10T15:00:00Z"],
      ["b", "2100-03-10T16:00:00Z"],
    ]);
    // The one that stays is listed with its reason.
    expect(lines()[2]).toBe("Crew c does not work on this day.");
    answer("yes");
    await done;
    await toastWithUndo.mock.calls[0]?.[1]();
    expect(move).toHaveBeenLastCalledWith(expect.objectContaining({ assignment: "a" }), "crew-a", "2100-03-09T15:00:00Z");
  });

  it("changes nothing without an answer", async () => {
    const done = moveAll([booking("a")]);
    answer("");
    await done;
    expect(move).not.toHaveBeenCalled();
  });
});

describe("canceling several bookings", () => {
  it("asks for one reason and answers for each", async () => {
    cancel.mockRejectedValueOnce(new Error("It is canceled already."));
    const done = cancelAll([booking("a"), booking("b")]);
    find<HTMLInputElement>("dialog input").value = "Storm";
    answer("yes");
    await vi.waitFor(() => expect(toastWithUndo).toHaveBeenCalledWith("1 of 2 bookings were canceled.", expect.anything()));
    expect(cancel.mock.calls.map(([, reason]) => reason)).toEqual(["Storm", "Storm"]);
    expect(lines()).toEqual(["It is canceled already.", "canceled"]);
    answer("yes");
    await done;
    await toastWithUndo.mock.calls[0]?.[1]();
    expect(bookAgain.mock.calls.map(([again]) => again.assignment)).toEqual(["b"]);
  });
});
