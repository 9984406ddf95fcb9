import { beforeEach, expect, it, vi } from "vitest";

import { find } from "../shared/dom";
import type { ShownBooking } from "../live/block-acts";
import { askHowLate, setLate } from "../live/running-late";

const { fetchJson, reportLate, showChange, toast, toastError, toastWithUndo } = vi.hoisted(() => ({
  fetchJson: vi.fn<(path: string, params: URLSearchParams) => Promise<unknown>>(),
  reportLate: vi.fn(),
  showChange: vi.fn(),
  toast: vi.fn(),
  toastError: vi.fn(),
  toastWithUndo: vi.fn<(text: string, undo: () => Promise<unknown>) => void>(),
}));
vi.mock("../live/actions", () => ({ reportLate }));
vi.mock("../live/booking", () => ({ showChange }));
vi.mock("../live/http", () => ({ fetchJson }));
vi.mock("../live/toasts", () => ({ toast, toastError, toastWithUndo }));

const UNTIL = "2100-03-09T17:25:00+00:00";
const EARLIER = "2100-03-09T17:10:00+00:00";
const booking = { assignment: "a1", contractor: "ann", number: "JOB-1", name: "Ann", lateUntil: null } as unknown as ShownBooking;

beforeEach(() => {
  vi.resetAllMocks();
  document.body.replaceChildren();
});

const enter = (text: string): void => {
  find<HTMLInputElement>("dialog input").value = text;
  find<HTMLFormElement>("dialog form").requestSubmit();
};

it("reports what the server has understood, also when Enter comes first", async () => {
  fetchJson.mockResolvedValue({ until: UNTIL, text: "running late until 11:25 AM CST, 25 min late" });
  const asked = askHowLate(booking);
  enter("25 min");
  await asked;
  expect(fetchJson.mock.calls[0]?.[1].get("text")).toBe("25 min");
  expect(reportLate).toHaveBeenCalledWith(booking, UNTIL);
  expect(showChange).toHaveBeenCalledWith(["ann"]);
});

it("stays open with the reason for text without a meaning", async () => {
  fetchJson.mockResolvedValue({ until: null, text: "Enter a length of time." });
  void askHowLate(booking);
  enter("soon");
  await vi.waitFor(() => expect(find("dialog [role=status]").textContent).toBe("Enter a length of time."));
  expect(find("dialog input").ariaInvalid).toBe("true");
  expect(reportLate).not.toHaveBeenCalled();
});

it("takes a report back to what was reported before", async () => {
  await setLate({ ...booking, lateUntil: EARLIER }, UNTIL);
  await toastWithUndo.mock.calls[0]?.[1]();
  expect(reportLate.mock.calls.map(([, until]: unknown[]) => until)).toEqual([UNTIL, EARLIER]);
});

it("says why the server refuses", async () => {
  reportLate.mockRejectedValue(new Error("refused"));
  await setLate(booking, UNTIL);
  expect(toastError).toHaveBeenCalledOnce();
  expect(showChange).not.toHaveBeenCalled();
});
