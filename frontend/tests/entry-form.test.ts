import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { EntryForm } from "../backoffice/entry-form";
import { find } from "../shared/dom";

const TYPING_MS = 300;
const PARTS = { address: "464 Juniper Cir", city: "Renton", state: "WA", zip_code: "98055" };
const field = (name: string): HTMLInputElement => find<HTMLInputElement>(`[name=${name}]`);
const understood = (name: string): string => find(`#id_${name}-understood`).textContent;
let answer: unknown;
let bodies: URLSearchParams[] = [];

async function type(name: string, text: string): Promise<void> {
  field(name).value = text;
  field(name).focus();
  field(name).dispatchEvent(new Event("input", { bubbles: true }));
  await vi.advanceTimersByTimeAsync(TYPING_MS);
}

const lastBody = (): Record<string, string> => Object.fromEntries(bodies.at(-1) ?? []);

beforeEach(async () => {
  vi.useFakeTimers();
  const names = ["place_line", "address", "city", "state", "zip_code", "desired_date", "required_skills"];
  document.body.innerHTML = `
    <form><input type="hidden" name="csrfmiddlewaretoken" value="token">
    ${names.map((name) => `<input id="id_${name}" name="${name}">`).join("")}</form>`;
  answer = { fields: {}, parts: {} };
  bodies = [];
  vi.stubGlobal(
    "fetch",
    vi.fn((_address: string, { body }: { body: URLSearchParams }) => {
      bodies.push(body);
      return Promise.resolve(new Response(JSON.stringify(answer)));
    }),
  );
  new EntryForm(find<HTMLFormElement>("form"), "/preview/").listen();
  await vi.advanceTimersByTimeAsync(TYPING_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("shows beside the field what was understood", async () => {
  answer = { fields: { desired_date: { text: "Thu, Dec 3, 2:00 PM CST.", is_problem: false, fixes: [] } }, parts: {} };
  await type("desired_date", "12/3 2pm");
  expect(lastBody()).toEqual({ csrfmiddlewaretoken: "token", desired_date: "12/3 2pm" });
  expect(understood("desired_date")).toBe("Thu, Dec 3, 2:00 PM CST.");
});

it("calls half a text no mistake before the field is left", async () => {
  answer = { fields: { desired_date: { text: "Enter a date and a time.", is_problem: true, fixes: [] } }, parts: {} };
  await type("desired_date", "tom");
  expect(understood("desired_date")).toBe("");
  field("city").focus();
  await vi.advanceTimersByTimeAsync(TYPING_MS);
  expect(understood("desired_date")).toBe("Enter a date and a time.");
});

it("splits the line into its parts", async () => {
  answer = { fields: {}, parts: PARTS };
  await type("place_line", "464 Juniper Cir, Renton, WA 98055");
  expect(field("city").value).toBe("Renton");
  expect(field("zip_code").value).toBe("98055");
});

it("writes corrected parts back into the line", async () => {
  answer = { fields: {}, parts: PARTS };
  await type("place_line", "464 Juniper Cir 98055");
  answer = { fields: {}, parts: { ...PARTS, city: "Kent" } };
  await type("city", "Kent");
  expect(field("place_line").value).toBe("464 Juniper Cir, Kent, WA 98055");
  expect(lastBody()).toMatchObject({ city: "Kent", zip_code: "98055" });
});

it("offers the spelling that is known", async () => {
  const fixes = [["cermic", "Ceramic"]];
  answer = { fields: { required_skills: { text: "Did you mean “Ceramic”?", is_problem: true, fixes } }, parts: {} };
  await type("required_skills", "Mosaic, cermic");
  field("city").focus();
  await vi.advanceTimersByTimeAsync(TYPING_MS);
  find("#id_required_skills-understood button").click();
  expect(field("required_skills").value).toBe("Mosaic, Ceramic");
});
