import { beforeEach, expect, it, vi } from "vitest";

import { assignOrMove, type Choice } from "../live/booking";

const booking = { assignment: "a1", contractor: "ann", start: "2026-03-09T15:00:00Z" };
const { ask, askBreakReason, assign, cancel, move, page, Refused, refresh, showBookedBlock, toastWithUndo } = vi.hoisted(() => ({
  askBreakReason: vi.fn<(job: string, refusal: string, notice: string) => Promise<string | null>>(),
  page: { mayBreakWindows: true },
  Refused: class extends Error {
    constructor(
      message: string,
      readonly code = "",
      readonly customerNotice?: { is_told: boolean; text: string },
    ) {
      super(message);
    }
  },
  ask: vi.fn<() => Promise<string | null>>(),
  assign: vi.fn(),
  cancel: vi.fn(),
  move: vi.fn(),
  refresh: vi.fn(),
  showBookedBlock: vi.fn(),
  toastWithUndo: vi.fn<(text: string, undo: () => Promise<unknown>) => void>(),
}));
vi.mock("../live/actions", () => ({ assign, cancel, move, RequestRefused: Refused }));
vi.mock("../live/break-reason", () => ({ askBreakReason }));
vi.mock("../live/page", () => ({ PAGE: page }));
vi.mock("../live/booked-block", () => ({ showBookedBlock }));
vi.mock("../live/override-reason", () => ({ askOverrideReason: ask }));
vi.mock("../live/partials", () => ({ refresh }));
vi.mock("../live/toasts", () => ({ toastWithUndo }));

beforeEach(() => {
  vi.resetAllMocks();
  assign.mockResolvedValue(booking);
  cancel.mockResolvedValue(undefined);
  move.mockResolvedValue({ ...booking, assignment: "a2", contractor: "bo" });
});

const undo = (): Promise<unknown> => toastWithUndo.mock.calls[0]?.[1]() ?? Promise.reject(new Error("no toast"));
const text = (): string => toastWithUndo.mock.calls[0]?.[0] ?? "";
const choice = (id: string, more: Partial<Choice> = {}): Choice => ({
  contractor: { id, name: id === "ann" ? "Ann" : "Bo" },
  start: booking.start,
  apart: "",
  isOverride: false,
  ...more,
});

it("shows a new booking and its undo without waiting for events", async () => {
  await assignOrMove({ id: "j1", number: "JOB-1" }, choice("ann"));
  expect(refresh.mock.calls).toEqual([[["jobs", "figures", "counts"], ["ann"]]]);
  expect(showBookedBlock).toHaveBeenCalledWith("a1", expect.objectContaining({ focus: false }));
  expect(text()).toBe("JOB-1 was assigned to Ann.");
  await undo();
  expect(cancel).toHaveBeenCalledOnce();
  expect(refresh).toHaveBeenCalledTimes(2);
});

it("shows a move in both rows, and moves back", async () => {
  await assignOrMove({ id: "j1", number: "JOB-1", booking }, choice("bo"));
  expect(refresh.mock.calls).toEqual([[["jobs", "figures", "counts"], ["ann", "bo"]]]);
  await undo();
  expect(move).toHaveBeenLastCalledWith({ ...booking, assignment: "a2", contractor: "bo" }, "ann", booking.start, { broken: "" });
  expect(refresh).toHaveBeenCalledTimes(2);
});

it("says how the start differs from the desired date", async () => {
  await assignOrMove({ id: "j1", number: "JOB-1" }, choice("ann", { apart: "8 days earlier than desired" }));
  expect(text()).toBe("JOB-1 was assigned to Ann. The start is 8 days earlier than desired.");
});

it("sends the reason for another contractor than the first", async () => {
  ask.mockResolvedValue("Has the key");
  await assignOrMove({ id: "j1", number: "JOB-1" }, choice("bo", { isOverride: true }));
  expect(assign).toHaveBeenCalledWith("j1", "bo", booking.start, { override: "Has the key", broken: "" });
});

it("books nothing when the choice is taken back", async () => {
  ask.mockResolvedValue(null);
  expect(await assignOrMove({ id: "j1", number: "JOB-1" }, choice("bo", { isOverride: true }))).toBeNull();
  expect(assign).not.toHaveBeenCalled();
  expect(toastWithUndo).not.toHaveBeenCalled();
});

it("does not ask when the contractor stays", async () => {
  await assignOrMove({ id: "j1", number: "JOB-1", booking }, choice("ann", { isOverride: true }));
  expect(ask).not.toHaveBeenCalled();
  expect(move).toHaveBeenCalledOnce();
});

it("shows nothing when the request is refused", async () => {
  assign.mockRejectedValue(new Error("refused"));
  await expect(assignOrMove({ id: "j1", number: "JOB-1" }, choice("ann"))).rejects.toThrow();
  expect(refresh).not.toHaveBeenCalled();
  expect(toastWithUndo).not.toHaveBeenCalled();
});

// --- Outside the arrival window -----------------------------------------------------------------------

const refusal = "The customer was promised 8 to 10.";
const notice = { is_told: true, text: "The customer gets an email." };
const bookOutside = () => {
  assign.mockReset().mockRejectedValueOnce(new Refused(refusal, "outside-window", notice)).mockResolvedValue(booking);
  return assignOrMove({ id: "j1", number: "JOB-1" }, choice("ann"));
};

it("asks why the promise is broken, and books with the reason", async () => {
  askBreakReason.mockResolvedValue("The customer agreed");
  expect(await bookOutside()).toMatchObject(booking);
  expect(askBreakReason).toHaveBeenCalledWith("JOB-1", refusal, notice.text);
  expect(toastWithUndo.mock.lastCall?.[0]).toContain("The message to the customer is queued.");
  expect(assign).toHaveBeenLastCalledWith("j1", "ann", booking.start, { override: "", broken: "The customer agreed" });
});

it("breaks no promise when the choice is taken back", async () => {
  askBreakReason.mockResolvedValue(null);
  expect(await bookOutside()).toBeNull();
  expect(assign).toHaveBeenCalledOnce();
});

it("shows the refusal to users who cannot break a window", async () => {
  page.mayBreakWindows = false;
  await expect(bookOutside()).rejects.toThrow(refusal);
  expect(askBreakReason).not.toHaveBeenCalled();
  page.mayBreakWindows = true;
});
