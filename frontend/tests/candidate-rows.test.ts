import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { find, findAll } from "../shared/dom";
import type * as CandidateRows from "../live/candidate-rows";
import type { RankedJob } from "../live/candidates";

const fetchHtml = vi.fn<(path: string, params: URLSearchParams) => Promise<DocumentFragment>>();
vi.mock("../live/http", () => ({ fetchHtml, SignedOut: class extends Error {} }));
vi.mock("../live/panel", () => ({ close: vi.fn(), openJob: vi.fn() }));
vi.mock("../live/toasts", () => ({ toast: vi.fn() }));
vi.mock("../live/board-search", () => ({ listenToSearch: vi.fn() }));
vi.mock("../live/row-paging", () => ({ revealRow: vi.fn() }));

const lane = (id: string): string =>
  `<li class="lane" data-lane="${id}" data-zone="UTC"><div class="who"><h3>${id}</h3></div><div class="track"></div></li>`;
const board = (day: string, ...ids: string[]): string => `
  <div data-part="board" data-day="${day}" data-heading="" data-clock="UTC" data-starts-at="${day}T00:00:00Z"
    data-columns="480-1080"><div class="rows"><ul class="lanes">${ids.map(lane).join("")}</ul></div></div>`;
const page = (): string => `<form data-question><h2><span data-heading></span></h2>
  <input name="day"><input name="q"><i data-active-filters hidden><b data-active-count></b></i></form><div data-view="board">${board("2026-03-09", "ann", "bo", "cy")}</div><div data-view="map" hidden></div>`;

const candidate = (id: string, rank: number, start: string, apart = "") => ({
  id, start, apart, rank: String(rank), score: `0.${String(9 - rank)}`, isPreferred: false, zone: "UTC",
});
const job = (...candidates: RankedJob["candidates"]): RankedJob => ({
  id: "j1", number: "JOB-1", minutes: 120, isBooked: false, candidates,
});

let rows: typeof CandidateRows;

function respond(): void {
  fetchHtml.mockImplementation((path, params) => {
    const template = document.createElement("template");
    const ids = (params.get("contractors") ?? "").split(",");
    template.innerHTML = path === "lanes/" ? ids.map(lane).join("") : board(params.get("day") ?? "2026-03-09", "ann", "bo", "cy");
    return Promise.resolve(template.content);
  });
}

beforeEach(async () => {
  vi.resetModules();
  fetchHtml.mockReset();
  history.replaceState(null, "", "/?q=tile");
  document.body.innerHTML = page();
  respond();
  rows = await import("../live/candidate-rows");
  rows.listen();
});

afterEach(() => {
  history.replaceState(null, "", "/");
});

const shownDay = (): string | undefined => find('[data-part="board"]').dataset.day;
const first = (): (string | undefined)[] => findAll("[data-candidates] [data-lane]").map(({ dataset }) => dataset.lane);

it("marks the contractors whom the customer prefers", async () => {
  const ann = { ...candidate("ann", 1, "2026-03-10T09:00:00Z"), isPreferred: true };
  await rows.showCandidates(job(ann, candidate("bo", 2, "2026-03-10T09:00:00Z")));
  expect(findAll(".preferred").map((mark) => [mark.closest("li")?.dataset.lane, mark.textContent])).toEqual([["ann", "Preferred"]]);
});

it("brings the candidates to the top in rank order, on the day of the best offer", async () => {
  await rows.showCandidates(job(candidate("cy", 1, "2026-03-10T09:00:00Z"), candidate("ann", 2, "2026-03-10T10:00:00Z")));
  expect(shownDay()).toBe("2026-03-10");
  expect(first()).toEqual(["cy", "ann"]);
  expect(findAll('[data-lane="cy"]').filter(({ hidden }) => !hidden)).toHaveLength(1);
  expect(find('[data-part="board"]').classList.contains("candidates-only")).toBe(true);
  expect(find('[data-lane="cy"] .rank').textContent).toContain("1");
  expect(find('[data-lane="cy"] .offer-line').textContent).toContain("0.8");
  expect(find('[data-lane="cy"] .offered').dataset.from).toBe("540");
  expect(rows.foldedTo()).toEqual(["cy", "ann"]);
});

it("offers the day of a candidate who is free on another one", async () => {
  await rows.showCandidates(
    job(candidate("cy", 1, "2026-03-10T09:00:00Z"), candidate("ann", 2, "2026-03-11T09:00:00Z", "1 day later than desired")),
  );
  find('[data-lane="ann"] .offer-line button').click();
  await vi.waitFor(() => {
    expect(shownDay()).toBe("2026-03-11");
  });
});

it("unfolds the others when asked", async () => {
  await rows.showCandidates(job(candidate("cy", 1, "2026-03-10T09:00:00Z")));
  const button = find("[data-candidates] .more button");
  button.click();
  expect(find('[data-part="board"]').classList.contains("candidates-only")).toBe(false);
  expect(button.getAttribute("aria-expanded")).toBe("true");
  expect(rows.foldedTo()).toEqual([]);
});

it("keeps the day when the ranking changes", async () => {
  await rows.showCandidates(job(candidate("cy", 1, "2026-03-10T09:00:00Z"), candidate("ann", 2, "2026-03-10T09:00:00Z")));
  await rows.showCandidates(job(candidate("ann", 1, "2026-03-12T09:00:00Z"), candidate("cy", 2, "2026-03-10T09:00:00Z")));
  expect(shownDay()).toBe("2026-03-10");
  expect(first()).toEqual(["ann", "cy"]);
});

it("restores the board as the address says", async () => {
  await rows.showCandidates(job(candidate("cy", 1, "2026-03-10T09:00:00Z")));
  expect(find<HTMLInputElement>("[name=q]").value).toBe("");
  await rows.hideCandidates();
  expect(document.querySelector("[data-candidates]")).toBeNull();
  expect(find<HTMLInputElement>("[name=q]").value).toBe("tile");
  expect(location.search).toBe("?q=tile");
  expect(fetchHtml.mock.lastCall?.[1].get("q")).toBe("tile");
});

it("stays on the day of a booking, with the filters of the address", async () => {
  await rows.showCandidates(job(candidate("cy", 1, "2026-03-10T09:00:00Z")));
  await rows.keepShownDay();
  expect(location.search).toBe("?q=tile&day=2026-03-10");
});
