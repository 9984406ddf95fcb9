import { beforeEach, expect, it, vi } from "vitest";

import { assignOrMove } from "../live/booking";

const booking = { assignment: "a1", contractor: "ann", start: "2026-03-09T15:00:00Z" };
const { assign, cancel, move, refresh, toastWithUndo } = vi.hoisted(() => ({
  assign: vi.fn(),
  cancel: vi.fn(),
  move: vi.fn(),
  refresh: vi.fn(),
  toastWithUndo: vi.fn<(text: string, undo: () => Promise<unknown>) => void>(),
}));
vi.mock("../live/actions", () => ({ assign, cancel, move }));
vi.mock("../live/partials", () => ({ refresh }));
vi.mock("../live/toasts", () => ({ toastWithUndo }));

beforeEach(() => {
  vi.resetAllMocks();
  assign.mockResolvedValue(booking);
  cancel.mockResolvedValue(undefined);
  move.mockResolvedValue({ ...booking, contractor: "bo" });
});

const undo = (): Promise<unknown> => toastWithUndo.mock.calls[0]?.[1]() ?? Promise.reject(new Error("no toast"));

it("shows a new booking and its undo without waiting for events", async () => {
  await assignOrMove({ id: "j1", number: "JOB-1" }, { id: "ann", name: "Ann" }, booking.start);
  expect(refresh.mock.calls).toEqual([[["jobs", "figures"], ["ann"]]]);
  await undo();
  expect(cancel).toHaveBeenCalledOnce();
  expect(refresh).toHaveBeenCalledTimes(2);
});

it("shows a move in both rows, and moves back", async () => {
  await assignOrMove({ id: "j1", number: "JOB-1", booking }, { id: "bo", name: "Bo" }, booking.start);
  expect(refresh.mock.calls).toEqual([[["jobs", "figures"], ["ann", "bo"]]]);
  await undo();
  expect(move).toHaveBeenLastCalledWith({ ...booking, contractor: "bo" }, "ann", booking.start);
  expect(refresh).toHaveBeenCalledTimes(2);
});

it("shows nothing when the request is refused", async () => {
  assign.mockRejectedValue(new Error("refused"));
  await expect(assignOrMove({ id: "j1", number: "JOB-1" }, { id: "ann", name: "Ann" }, booking.start)).rejects.toThrow();
  expect(refresh).not.toHaveBeenCalled();
  expect(toastWithUndo).not.toHaveBeenCalled();
});
