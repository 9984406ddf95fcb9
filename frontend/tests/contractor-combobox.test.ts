import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ContractorCombobox } from "../backoffice/contractor-combobox";
import { find } from "../shared/dom";
import { pressOn, typeInto, TYPING_MS } from "./keyboard";

const option = (name: string): string =>
  `<li role="option" id="option-${name}" data-name="${name}" data-contractor="id-${name}">${name}</li>`;

let input: HTMLInputElement;
let list: HTMLElement;
let submitted = vi.fn<() => void>();

const respond = (...names: string[]): Response => new Response(names.map(option).join(""));
const expanded = (): string | null => input.getAttribute("aria-expanded");
const active = (): string | null => input.getAttribute("aria-activedescendant");
const press = (key: string): boolean => pressOn(input, key);
const type = (text: string): Promise<void> => typeInto(input, text);

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `
    <form><input name="q"><input name="contractor" value="old"><ul id="people" data-people="/people/" hidden></ul></form>`;
  input = find<HTMLInputElement>("[name=q]");
  list = find("#people");
  submitted = vi.fn();
  find<HTMLFormElement>("form").requestSubmit = submitted;
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(respond("Ann", "Bo"))));
  new ContractorCombobox(input, list).listen();
  input.focus();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("typing", () => {
  it("opens the list of suggestions and forgets the old contractor", async () => {
    await type("an b");
    expect(fetch).toHaveBeenCalledExactlyOnceWith("/people/?q=an+b");
    expect(expanded()).toBe("true");
    expect(list.hidden).toBe(false);
    expect(find<HTMLInputElement>("[name=contractor]").value).toBe("");
  });

  it("asks for nothing with a single letter", async () => {
    await type("a");
    expect(fetch).not.toHaveBeenCalled();
    expect(expanded()).toBe("false");
  });

  it("ignores a slow response to fewer letters", async () => {
    const slow = new Promise<Response>((resolve) => setTimeout(() => resolve(respond("Zed")), 10 * TYPING_MS));
    vi.mocked(fetch).mockReturnValueOnce(slow);
    await type("an");
    await type("ann");
    await vi.advanceTimersByTimeAsync(10 * TYPING_MS);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(list.textContent).not.toContain("Zed");
  });
});

describe("the keyboard", () => {
  beforeEach(() => type("an"));

  it("cycles through the options", () => {
    const visited = ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"].map((key) => {
      press(key);
      return active();
    });
    expect(visited).toEqual(["option-Ann", "option-Bo", "option-Ann", "option-Bo"]);
  });

  it("begins at the end with the up arrow", () => {
    press("ArrowUp");
    expect(active()).toBe("option-Bo");
  });

  it("selects an option with Enter and submits", () => {
    press("ArrowDown");
    expect(press("Enter")).toBe(false);
    expect(input.value).toBe("Ann");
    expect(find<HTMLInputElement>("[name=contractor]").value).toBe("id-Ann");
    expect(expanded()).toBe("false");
    expect(submitted).toHaveBeenCalledOnce();
  });

  it("leaves Enter to the form without an active option", () => {
    expect(press("Enter")).toBe(true);
    expect(submitted).not.toHaveBeenCalled();
  });

  it("closes with Escape and opens again with the down arrow", () => {
    press("Escape");
    expect(expanded()).toBe("false");
    press("ArrowDown");
    expect([expanded(), active()]).toEqual(["true", "option-Ann"]);
  });
});

it("a click selects an option", async () => {
  await type("an");
  find("#option-Bo").click();
  expect(input.value).toBe("Bo");
  expect(submitted).toHaveBeenCalledOnce();
});
