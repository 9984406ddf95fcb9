import { beforeEach, describe, expect, it, vi } from "vitest";

import { menuItems, shownBooking } from "../live/block-acts";
import { find } from "../shared/dom";

const { advance, assign, cancel, confirmDespiteConflict, page, showChange, toast, toastError, toastWithUndo } = vi.hoisted(() => ({
  advance: vi.fn(),
  assign: vi.fn(),
  cancel: vi.fn(),
  confirmDespiteConflict: vi.fn(),
  page: { mayAssign: true, mayRecommend: true, adminUrl: "/admin/" },
  showChange: vi.fn(),
  toast: vi.fn(),
  toastError: vi.fn(),
  toastWithUndo: vi.fn<(text: string, undo: () => Promise<unknown>) => void>(),
}));
vi.mock("../live/actions", () => ({ advance, assign, cancel, confirmDespiteConflict }));
vi.mock("../live/booking", () => ({ assignOrMove: vi.fn(), showChange }));
vi.mock("../live/http", () => ({ fetchJson: vi.fn() }));
vi.mock("../live/page", () => ({ PAGE: page }));
vi.mock("../live/panel", () => ({ openJob: vi.fn() }));
vi.mock("../live/running-late", () => ({ askHowLate: vi.fn(), setLate: vi.fn() }));
vi.mock("../live/partials", () => ({ shownBoardQuery: () => new URLSearchParams() }));
vi.mock("../live/toasts", () => ({ toast, toastError, toastWithUndo }));

const START = "2100-03-09T15:00:00+00:00";

function block(status: string, transitions: string, isMovable: boolean, more = ""): HTMLElement {
  document.body.innerHTML = `<div data-lane="ann" data-name="Ann" data-zone="UTC"><h3><a href="#ann">Ann</a></h3>
    <button class="block ${status}" data-assignment="a1" data-job="j1" data-number="JOB-1" data-start="${START}"
      data-transitions="${transitions}"${isMovable ? " data-movable" : ""} ${more}></button></div>`;
  return find(".block");
}

const texts = (shown: HTMLElement): string[] => menuItems(shownBooking(shown)).map(({ text }) => text.replace("…", ""));
const choose = (shown: HTMLElement, text: string): void => menuItems(shownBooking(shown)).find((item) => item.text === text)?.act?.();
const pending = (): HTMLElement => block("pending", "cancelled confirmed", true);

beforeEach(() => {
  vi.resetAllMocks();
  page.mayAssign = true;
});

describe("a menu", () => {
  it("offers what the state allows", () => {
    const always = ["Open booking", "Copy job number"];
    expect(texts(pending())).toEqual(["Confirm", "Reschedule", "Reassign", "Cancel booking", ...always]);
    expect(texts(block("confirmed", "cancelled in_progress", true))).toEqual(["Start", "Reschedule", "Reassign", "Cancel booking", ...always]);
    expect(texts(block("in_progress", "cancelled completed", false))).toEqual(["Complete", "Cancel booking", ...always]);
    expect(texts(block("completed", "", false))).toEqual(always);
  });

  it("reports late work, and takes the report back, where the server allows it", () => {
    const late = 'data-can-run-late data-late-until="2100-03-09T16:25:00+00:00"';
    const offered = texts(block("in_progress", "cancelled completed", false, late));
    expect(offered.slice(0, 3)).toEqual(["Complete", "Running late", "No longer late"]);
    expect(texts(block("confirmed", "cancelled in_progress", true, "data-can-run-late"))).not.toContain("No longer late");
  });

  it("changes nothing for readers", () => {
    page.mayAssign = false;
    expect(texts(pending())).toEqual(["Open booking", "Copy job number"]);
  });
});

it("confirms, and shows it without waiting for the event", async () => {
  choose(pending(), "Confirm");
  await vi.waitFor(() => expect(toast).toHaveBeenCalledWith("JOB-1 with Ann was confirmed."));
  expect(advance).toHaveBeenCalledWith(expect.objectContaining({ assignment: "a1" }), "confirm");
  expect(showChange).toHaveBeenCalledWith(["ann"]);
});

it("says why the server refuses", async () => {
  advance.mockRejectedValue(new Error("refused"));
  choose(pending(), "Confirm");
  await vi.waitFor(() => expect(toastError).toHaveBeenCalledOnce());
  expect(showChange).not.toHaveBeenCalled();
});

describe("confirming a booking in conflict", () => {
  const answer = async (value: string): Promise<void> => {
    advance.mockRejectedValue(Object.assign(new Error("Ann is absent."), { code: "booking-in-conflict" }));
    choose(pending(), "Confirm");
    await vi.waitFor(() => expect(find("dialog").textContent).toContain("Ann is absent."));
    const dialog = find<HTMLDialogElement>("dialog");
    dialog.returnValue = value;
    dialog.dispatchEvent(new Event("close"));
  };

  it("asks first", async () => {
    await answer("yes");
    await vi.waitFor(() => expect(toast).toHaveBeenCalledWith("JOB-1 with Ann was confirmed."));
    expect(confirmDespiteConflict).toHaveBeenCalledWith(expect.objectContaining({ assignment: "a1" }));
  });

  it("changes nothing without a yes", async () => {
    await answer("");
    await Promise.resolve();
    expect(confirmDespiteConflict).not.toHaveBeenCalled();
    expect(toast).not.toHaveBeenCalled();
    expect(toastError).not.toHaveBeenCalled();
  });
});

describe("canceling", () => {
  const answer = (value: string): void => {
    find<HTMLInputElement>("dialog input").value = " Rain ";
    const dialog = find<HTMLDialogElement>("dialog");
    dialog.returnValue = value;
    dialog.dispatchEvent(new Event("close"));
  };

  it("asks for the reason, and can be undone", async () => {
    assign.mockResolvedValue({ assignment: "a2", contractor: "ann", start: START });
    choose(block("confirmed", "cancelled in_progress", true), "Cancel booking…");
    answer("yes");
    await vi.waitFor(() => expect(toastWithUndo).toHaveBeenCalledOnce());
    expect(cancel).toHaveBeenCalledWith(expect.objectContaining({ assignment: "a1" }), "Rain");
    await toastWithUndo.mock.calls[0]?.[1]();
    expect(assign).toHaveBeenCalledWith("j1", "ann", START);
    // What was confirmed is confirmed again.
    expect(advance).toHaveBeenCalledWith(expect.objectContaining({ assignment: "a2" }), "confirm");
  });

  it("offers no Undo for work that has begun", async () => {
    choose(block("in_progress", "cancelled completed", false), "Cancel booking…");
    answer("yes");
    await vi.waitFor(() => expect(toast).toHaveBeenCalledOnce());
    expect(toastWithUndo).not.toHaveBeenCalled();
  });

  it("does nothing without an answer", async () => {
    choose(pending(), "Cancel booking…");
    answer("");
    await Promise.resolve();
    expect(cancel).not.toHaveBeenCalled();
  });
});
