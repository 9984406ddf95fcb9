import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { SearchBox } from "../header/search";
import { find } from "../shared/dom";
import { pressOn, typeInto } from "./keyboard";

const RESULTS = `
  <div role="group"><div class="kind">Jobs</div>
    <a role="option" id="found-1" href="/admin/jobs/job/1/" data-recommend="1">One</a>
    <a role="option" id="found-2" href="/admin/jobs/job/2/" data-recommend="2">Two</a></div>`;

let input: HTMLInputElement;
let list: HTMLElement;
let opened: string[] = [];

const open = (event: CustomEvent<DOMStringMap>): void => {
  event.preventDefault();
  opened.push(event.detail.recommend ?? "");
};
const press = (key: string): boolean => pressOn(input, key);
const type = (text: string): Promise<void> => typeInto(input, text);

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `
    <form data-find="/live/search/"><input><div id="found" role="listbox" hidden></div><p data-found></p></form>`;
  input = find<HTMLInputElement>("input");
  list = find("#found");
  opened = [];
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response(RESULTS))));
  document.addEventListener("search:open", open);
  new SearchBox(find<HTMLFormElement>("form")).listen();
  input.focus();
});

afterEach(() => {
  document.removeEventListener("search:open", open);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the results", () => {
  it("come for three letters and more, and their number is read out", async () => {
    await type("gr");
    expect(fetch).not.toHaveBeenCalled();
    await type("gra");
    expect(fetch).toHaveBeenCalledExactlyOnceWith("/live/search/?q=gra");
    expect(list.hidden).toBe(false);
    expect(find("[data-found]").textContent).toBe("2 results");
  });

  it("are replaced by a sentence when the server does not respond", async () => {
    vi.mocked(fetch).mockRejectedValueOnce(new Error("offline"));
    await type("grace");
    expect(list.textContent).toContain("did not respond");
    expect(find("[data-found]").textContent).toContain("did not respond");
  });
});

describe("opening a result", () => {
  it("goes through the groups with the arrow keys", async () => {
    await type("grace");
    press("ArrowDown");
    press("ArrowDown");
    expect(press("Enter")).toBe(false);
    expect(opened).toEqual(["2"]);
    expect(list.hidden).toBe(true);
  });

  it("takes the first one with Enter, also before the results have come", async () => {
    input.value = "grace";
    input.dispatchEvent(new Event("input"));
    press("Enter");
    await vi.advanceTimersByTimeAsync(0);
    expect(opened).toEqual(["1"]);
  });

  it("leaves a short text to the form", () => {
    input.value = "gr";
    expect(press("Enter")).toBe(true);
    expect(opened).toEqual([]);
  });
});
