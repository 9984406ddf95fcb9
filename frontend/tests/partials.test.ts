import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { find, findAll } from "../shared/dom";
import type * as Partials from "../live/partials";

class SignedOut extends Error {}
const fetchHtml = vi.fn<(path: string, params: URLSearchParams) => Promise<DocumentFragment>>();
vi.mock("../live/http", () => ({ fetchHtml, SignedOut }));

const GATHER_MS = 120;
const MIN_INTERVAL_MS = 1000;
const PAGE = `
  <dl data-part="figures">1</dl>
  <div data-part="feed"><ol><li data-sequence="7"></li></ol></div>
  <div data-part="board" data-day="2026-03-09" data-clock="UTC" data-starts-at="2026-03-09T00:00:00Z" data-columns="360-1080">
    <ul><li data-lane="ann" data-zone="UTC"><div class="track"><button data-key="b1">B1</button></div></li></ul>
  </div>`;

let partials: typeof Partials;

function respond(html: string): void {
  fetchHtml.mockImplementation(() => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return Promise.resolve(template.content);
  });
}

const requests = (): string[] => fetchHtml.mock.calls.map(([path, params]) => `${path}?${params.toString()}`);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  fetchHtml.mockReset();
  document.body.innerHTML = PAGE;
  respond("");
  partials = await import("../live/partials");
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a refresh", () => {
  it("gathers what several events have changed", async () => {
    partials.refresh(["figures"]);
    partials.refresh(["figures", "jobs"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(requests()).toEqual(["?parts=figures%2Cjobs"]);
  });

  it("happens at most once a second", async () => {
    partials.refresh(["figures"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    partials.refresh(["figures"]);
    await vi.advanceTimersByTimeAsync(MIN_INTERVAL_MS - 1);
    expect(requests()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(requests()).toHaveLength(2);
  });

  it("is repeated after a failure", async () => {
    fetchHtml.mockRejectedValueOnce(new Error("No connection"));
    partials.refresh(["figures"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS + MIN_INTERVAL_MS);
    expect(requests()).toEqual(["?parts=figures", "?parts=figures"]);
  });

  it("ends with the session", async () => {
    const signedOut = vi.fn<() => void>();
    partials.onSignedOut(signedOut);
    fetchHtml.mockRejectedValue(new SignedOut());
    partials.refresh(["figures"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS + MIN_INTERVAL_MS);
    expect(signedOut).toHaveBeenCalledOnce();
    expect(requests()).toHaveLength(1);
  });

  it("waits for the end of a drag", async () => {
    const resume = partials.pauseRefresh();
    partials.refresh(["board"]);
    await vi.advanceTimersByTimeAsync(MIN_INTERVAL_MS);
    expect(requests()).toEqual([]);
    resume();
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(requests()).toEqual(["?parts=board&row=1&rows=60"]);
  });

  it.each([
    { what: "a row", part: [], lanes: ["ann"], html: '<li data-lane="ann" data-zone="UTC"><div class="track"></div></li>' },
    { what: "the jobs", part: ["jobs" as const], lanes: [], html: '<ol data-part="jobs"></ol>' },
  ])("leaves $what alone when a drag begins before the answer", async ({ part, lanes, html }) => {
    document.body.insertAdjacentHTML("beforeend", '<ol data-part="jobs"><li data-key="j1"></li></ol>');
    respond(html);
    const held = findAll('[data-key="b1"], [data-key="j1"]');
    partials.refresh(part, lanes);
    const answer = fetchHtml.getMockImplementation();
    let resume = (): void => undefined;
    fetchHtml.mockImplementationOnce((path, params) => {
      resume = partials.pauseRefresh();
      return answer ? answer(path, params) : Promise.reject(new Error("No answer"));
    });
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(held.every((element) => element.isConnected)).toBe(true);
    resume();
    await vi.advanceTimersByTimeAsync(MIN_INTERVAL_MS + GATHER_MS);
    expect(held.every((element) => element.isConnected)).toBe(false);
    expect(requests()).toHaveLength(2);
  });

  it("reads the whole board instead of many lanes", async () => {
    const lanes = Array.from({ length: 41 }, (_, index) => `lane-${String(index)}`);
    partials.refresh([], lanes);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(requests()).toEqual(["?parts=board&row=1&rows=60"]);
  });
});

describe("what is new", () => {
  it("replaces a partial", async () => {
    respond('<dl data-part="figures">2</dl>');
    partials.refresh(["figures"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(find('[data-part="figures"]').textContent).toBe("2");
  });

  it("is added on top of the feed, once", async () => {
    respond('<div data-part="feed"><ol><li data-sequence="8"></li><li data-sequence="7"></li></ol></div>');
    partials.refresh(["feed"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(findAll("li[data-sequence]").map((item) => [item.dataset.sequence, item.className])).toEqual([
      ["8", "new"],
      ["7", ""],
    ]);
  });

  it("is marked in a lane, and the focus stays", async () => {
    find('[data-key="b1"]').focus();
    respond(`<li data-lane="ann" data-zone="UTC"><div class="track">
      <button data-key="b1">B1</button><button data-key="b2">B2</button></div></li>`);
    partials.refresh([], ["ann"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
    expect(requests()).toEqual(["lanes/?day=2026-03-09&clock=UTC&contractors=ann"]);
    expect(find('[data-key="b2"]').className).toBe("new");
    expect(document.activeElement).toBe(find('[data-key="b1"]'));
  });

  it("reads the whole board when a lane appears", async () => {
    respond('<li data-lane="bo" data-zone="UTC"><div class="track"></div></li>');
    partials.refresh([], ["bo"]);
    await vi.advanceTimersByTimeAsync(GATHER_MS + MIN_INTERVAL_MS);
    expect(requests().at(-1)).toBe("?parts=board&row=1&rows=60");
  });
});
