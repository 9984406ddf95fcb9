import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { markStale, rememberParts, replaceParts, watcher } from "../backoffice/plan";
import { listenToItems } from "../backoffice/plan-items";
import { find, findAll } from "../shared/dom";

const boxes = (): boolean[] => findAll<HTMLInputElement>("input[name=item]").map(({ checked }) => checked);
const submit = (): HTMLButtonElement => find<HTMLButtonElement>("[data-accept-selected]");
const status = (): string => find("[data-plan-status]").textContent;

function check(id: string, isChecked = true): void {
  const box = find<HTMLInputElement>(`input[value="${id}"]`);
  box.checked = isChecked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

const row = (id: string, kinds: string, bundle = ""): string => `
  <li data-item="${id}" data-kinds="${kinds}" ${bundle && `data-bundle="${bundle}"`}>
  <input type="checkbox" name="item" value="${id}"><p data-stale-note hidden></p></li>`;

beforeEach(() => {
  document.body.innerHTML = `<form data-plan-items>
    <button type="button" data-show="" aria-pressed="true"></button><button type="button" data-show="move"></button>
    <input type="checkbox" data-select-all><button data-accept-selected></button><p data-plan-status></p>
    <ul>${row("1", "book")}${row("2", "move", "7")}${row("3", "book urgent", "7")}</ul></form>`;
  listenToItems(find("form"));
});

it("counts what is selected", () => {
  expect(submit().disabled).toBe(true);
  check("1");
  expect(submit().textContent).toBe("Accept 1 selected");
  expect(submit().disabled).toBe(false);
});

it("selects a bundle with each of its changes, and says why", () => {
  check("2");
  expect(boxes()).toEqual([false, true, true]);
  expect(status()).toContain("one uses time that the other frees");
  check("3", false);
  expect(boxes()).toEqual([false, false, false]);
});

it("filters the rows, and shows the rest of a bundle that is selected", () => {
  find("[data-show=move]").click();
  expect(findAll("[data-item]").map(({ hidden }) => hidden)).toEqual([true, false, true]);
  check("2");
  expect(findAll("[data-item]").map(({ hidden }) => hidden)).toEqual([true, false, false]);
});

it("selects all shown rows with their bundles", () => {
  find("[data-show=move]").click();
  const all = find<HTMLInputElement>("[data-select-all]");
  all.checked = true;
  all.dispatchEvent(new Event("change", { bubbles: true }));
  expect(boxes()).toEqual([false, true, true]);
  expect(all.indeterminate).toBe(true);
});

it("marks the changes that no longer hold, and unmarks them", () => {
  markStale(document.body, [{ id: "1", text: "Taken." }]);
  expect(find('[data-item="1"]').className).toBe("is-stale");
  expect(find('[data-item="1"] [data-stale-note]').textContent).toBe("Taken.");
  markStale(document.body, []);
  expect(find('[data-item="1"]').className).toBe("");
});

it("marks the same changes on the week board, in words too", () => {
  document.body.innerHTML = `<ul><li data-kind="proposed"> proposed</li><li data-kind="stale"> no longer possible</li></ul>
    <a class="plan-block proposed" href="#item-1"><span data-kind-text>proposed</span></a>
    <a class="plan-block accepted" href="/bookings/2/"><span data-kind-text>booked</span></a>`;
  const blocks = () => findAll(".plan-block").map((block) => [block.className, block.textContent]);
  let told = 0;
  document.body.addEventListener("plan-shown", () => (told += 1));
  markStale(document.body, [{ id: "1", text: "Taken." }]);
  expect(blocks()).toEqual([["plan-block stale", "no longer possible"], ["plan-block accepted", "booked"]]);
  expect(document.body.dataset.stale).toBe("1");
  markStale(document.body, []);
  expect(blocks()[0]).toEqual(["plan-block proposed", "proposed"]);
  expect(told).toBe(2);
});

it("has nothing to count where nothing can be accepted", () => {
  document.body.innerHTML = `<form data-plan-items><ul>${row("1", "book")}</ul></form>`;
  expect(() => {
    listenToItems(find("form"));
  }).not.toThrow();
});

it("shows the rows of another user's acceptance, and keeps what is selected, shown and focused", () => {
  const part = (rows: string): string => `<div data-plan-part="changes"><form data-plan-items>
    <input name="csrfmiddlewaretoken" value="${String(rows.length)}">
    <button type="button" data-show="" aria-pressed="true"></button><button type="button" data-show="move"></button>
    <button data-accept-selected></button><p data-plan-status></p><ul>${rows}</ul></form></div>`;
  document.body.innerHTML = part(row("1", "book") + row("2", "move") + row("3", "move"));
  const fresh = new DOMParser().parseFromString(part(`<li data-item="1" data-kinds="book accepted"><a href="#">Booked</a></li>${row("2", "move")}${row("3", "move")}`), "text/html").body;
  listenToItems(find("form"));
  check("1");
  check("2");
  find("[data-show=move]").click();
  expect(replaceParts(document.body, fresh)).toBe(true);
  expect(boxes()).toEqual([true, false]);
  expect(submit().textContent).toBe("Accept 1 selected");
  expect(findAll("[data-item]").map(({ hidden }) => hidden)).toEqual([true, false, false]);
  expect(find('[data-item="1"]').textContent).toBe("Booked");
  check("3");
  expect(submit().textContent).toBe("Accept 2 selected");
});

it("leaves a part alone that has not changed", () => {
  const part = (token: string): string =>
    `<div data-plan-part="buttons"><input name="csrfmiddlewaretoken" value="${token}"><button id="undo"></button></div>`;
  document.body.innerHTML = part("a");
  rememberParts(document.body);
  const button = find("#undo");
  expect(replaceParts(document.body, new DOMParser().parseFromString(part("b"), "text/html").body)).toBe(false);
  expect(find("#undo")).toBe(button);
});

// The part "changes" as the server sends it; `withAccept` has the rows that can be accepted.
const changes = (withAccept: string[], others: string[] = []): string => `<div data-plan-part="changes"><h2 id="changes">Changes</h2>
  <form data-plan-items action="/accept/"><button type="button" data-show="" aria-pressed="true">All</button>
  ${withAccept.length ? `<label><input type="checkbox" data-select-all> Select all shown</label>
  <button type="submit" name="all" value="1">Accept all ${String(withAccept.length)} changes</button>
  <button type="submit" data-accept-selected>Accept selected</button>` : ""}<p data-plan-status></p><ul>
  ${withAccept.map((id) => `<li data-item="${id}" data-kinds="book"><input type="checkbox" name="item" value="${id}" id="select-${id}">
  <a href="/jobs/${id}/">J-${id}</a><p data-stale-note hidden></p><details><summary>Worth, J-${id}</summary></details>
  <button type="submit" name="one" value="${id}">Accept J-${id}</button></li>`).join("")}
  ${others.map((id) => `<li data-item="${id}" data-kinds="accepted"><a href="/jobs/${id}/">J-${id}</a><p data-stale-note></p></li>`).join("")}
  </ul></form></div>`;

const parsed = (html: string): HTMLElement => new DOMParser().parseFromString(html, "text/html").body;

// Where the focus is after another user has accepted the row 1.
function focusedAfter(selector: string, fresh = changes(["2", "3"], ["1"])): HTMLElement {
  document.body.innerHTML = changes(["1", "2", "3"]);
  listenToItems(find("form"));
  check("2");
  find(selector).focus();
  expect(document.activeElement).toBe(find(selector));
  expect(replaceParts(document.body, parsed(fresh))).toBe(true);
  return document.activeElement as HTMLElement;
}

it.each([
  "[data-accept-selected]",
  "[data-select-all]",
  "[name=all]",
  "[data-show]",
  "[name=one][value='2']",
  "[data-item='2'] summary",
  "[data-item='3'] a",
  "#select-2",
])("keeps the focus on the same control: %s", (selector) => {
  expect(focusedAfter(selector)).toBe(find(selector));
});

it("moves the focus from a row's button that is gone to the row's link", () => {
  expect(focusedAfter("[name=one][value='1']")).toBe(find("[data-item='1'] a"));
});

it.each([
  ["[data-accept-selected]", changes([], ["1", "2", "3"])],
  ["[data-accept-selected]", changes(["1", "3"], ["2"])], // disabled, because nothing is selected any more
  ["[name=one][value='1']", changes(["2", "3"])],
])("moves the focus from %s to the heading, never to another submit button", (selector, fresh) => {
  expect(focusedAfter(selector, fresh)).toBe(find("#changes"));
});

it("moves the focus to a part without a heading when its button is gone", () => {
  document.body.innerHTML = '<div data-plan-part="buttons"><form action="/undo/"><button>Undo</button></form></div>';
  find("button").focus();
  replaceParts(document.body, parsed('<div data-plan-part="buttons"><form action="/discard/"><button>Discard</button></form></div>'));
  expect(document.activeElement).toBe(find("[data-plan-part]"));
});

it("leaves rows alone that only scripts have changed", () => {
  document.body.innerHTML = changes(["1", "2"]);
  rememberParts(document.body);
  listenToItems(find("form"));
  check("2");
  find("[data-item='2'] details").setAttribute("open", "");
  markStale(document.body, [{ id: "1", text: "Taken." }]);
  const before = find("[data-item='2']");
  expect(replaceParts(document.body, parsed(changes(["1", "2"])))).toBe(false);
  expect(find("[data-item='2']")).toBe(before);
  expect(replaceParts(document.body, parsed(changes(["2"], ["1"])))).toBe(true);
  expect(replaceParts(document.body, parsed(changes(["2"], ["1"])))).toBe(false);
});

// A server whose plan has a version; the answers wait until the test lets them go.
class PlanServer {
  readonly waiting: (() => void)[] = [];
  readonly asked: string[] = [];

  constructor(public version: number) {
    vi.stubGlobal("fetch", (url: string) => this.answer(url));
  }

  page(): string {
    const version = String(this.version);
    return `<div data-plan data-watch="/watch/" data-version="${version}"><p data-plan-changed hidden></p>
      <div data-plan-part="facts">Version ${version}</div></div>`;
  }

  answer(url: string): Promise<Response> {
    this.asked.push(url);
    const body = url === "/watch/" ? JSON.stringify({ version: this.version, stale: [] }) : this.page();
    return new Promise((resolve) => this.waiting.push(() => { resolve(new Response(body)); }));
  }

  // Lets the answers go, one after the other, until nothing is asked any more.
  async answerAll(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) {
      this.waiting.shift()?.();
      await Promise.resolve();
    }
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it("looks at one state of the plan at a time, and once more if it has changed meanwhile", async () => {
  const server = new PlanServer(1);
  document.body.innerHTML = server.page();
  const watch = watcher(find("[data-plan]"));
  server.version = 2;
  void watch();
  server.version = 3;
  void watch();
  void watch();
  expect(server.asked).toEqual(["/watch/"]);
  await vi.waitFor(async () => {
    await server.answerAll();
    expect(find("[data-plan-part]").textContent).toBe("Version 3");
    expect(server.asked).toHaveLength(3);
  });
});

it("ignores a version that is older than the one shown", async () => {
  const server = new PlanServer(5);
  document.body.innerHTML = server.page();
  server.version = 4;
  const looked = watcher(find("[data-plan]"))();
  await server.answerAll();
  await looked;
  expect(server.asked).toEqual(["/watch/"]);
  expect(find("[data-plan-part]").textContent).toBe("Version 5");
});
