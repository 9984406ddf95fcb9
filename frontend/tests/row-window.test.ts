import { beforeEach, describe, expect, it } from "vitest";

import { find, findAll } from "../shared/dom";
import { MAX_ROWS, addItems, pageAt, rowsOf, settle, showHeadingsOnce, stretchOf, stretchParams, trim } from "../live/row-window";

const row = (id: number): string => `<li data-lane="c${String(id)}"><a href="#${String(id)}">${String(id)}</a></li>`;
const heading = (group: string): string => `<li data-group="${group}">${group}</li>`;
const rowsFrom = (first: number, count: number): string => Array.from({ length: count }, (_, index) => row(first + index)).join("");

function items(html: string): HTMLElement[] {
  const list = document.createElement("ul");
  list.innerHTML = html;
  return [...list.children] as HTMLElement[];
}

function show(html: string, first: number, total: number): HTMLElement {
  document.body.innerHTML = `<span data-rows-shown></span><div data-view="board">
    <div data-part="board" data-first-row="${String(first)}" data-total-rows="${String(total)}"><ul class="lanes">${html}</ul></div></div>`;
  return find("[data-part=board]");
}

const ids = (board: HTMLElement): (string | undefined)[] => rowsOf(board).map((item) => item.dataset.lane);

beforeEach(() => {
  document.body.innerHTML = "";
});

describe("the loaded rows", () => {
  it("are a stretch of all rows, which can be asked for again", () => {
    const board = show(rowsFrom(61, 5), 61, 1000);
    expect(stretchOf(board)).toEqual({ first: 61, last: 65, total: 1000 });
    expect(stretchParams(board)).toEqual([
      ["row", "61"],
      ["rows", "60"],
    ]);
  });

  it("have a page before and after them, but not beyond the ends", () => {
    expect(pageAt("later", { first: 1, last: 60, total: 100 })).toEqual({ first: 61, count: 40 });
    expect(pageAt("later", { first: 41, last: 100, total: 100 })).toBeNull();
    expect(pageAt("earlier", { first: 21, last: 80, total: 100 })).toEqual({ first: 1, count: 20 });
    expect(pageAt("earlier", { first: 1, last: 60, total: 100 })).toBeNull();
  });

  it("grow at either side, each row once", () => {
    const board = show(rowsFrom(61, 2), 61, 1000);
    addItems(board, items(rowsFrom(62, 3)), "later");
    expect(ids(board)).toEqual(["c61", "c62", "c63", "c64"]);
    addItems(board, items(rowsFrom(59, 2)), "earlier");
    expect(ids(board).slice(0, 3)).toEqual(["c59", "c60", "c61"]);
    expect(stretchOf(board)).toEqual({ first: 59, last: 64, total: 1000 });
  });

  it("stay between the links at their ends", () => {
    const board = show(rowsFrom(61, 2), 61, 1000);
    settle(board);
    addItems(board, items(row(63)), "later");
    addItems(board, items(row(60)), "earlier");
    const list = [...find(".lanes", board).children] as HTMLElement[];
    expect(list.map((item) => item.dataset.lane ?? item.className)).toEqual(["edge", "c60", "c61", "c62", "c63", "edge"]);
  });

  it("are removed at the other side, unless the focus is there", () => {
    const board = show(rowsFrom(1, MAX_ROWS + 10), 1, 1000);
    find('[data-lane="c3"] a', board).focus();
    trim(board, "earlier");
    expect(rowsOf(board)).toHaveLength(MAX_ROWS + 10);
    find('[data-lane="c20"] a', board).focus();
    trim(board, "earlier");
    expect(stretchOf(board)).toEqual({ first: 11, last: MAX_ROWS + 10, total: 1000 });
  });

  it("say where they are, to everyone", () => {
    const board = show(rowsFrom(61, 2), 61, 1000);
    settle(board);
    expect(find("[data-rows-shown]").textContent).toBe("Rows 61–62 of 1,000");
    expect(findAll("[data-rows]", board).map((link) => link.textContent)).toEqual([
      "Show rows 1–60 of 1,000",
      "Show rows 63–122 of 1,000",
    ]);
    expect(rowsOf(board).map((item) => [item.getAttribute("aria-posinset"), item.getAttribute("aria-setsize")])).toEqual([
      ["61", "1000"],
      ["62", "1000"],
    ]);
  });

  it("have no links when they are all rows", () => {
    const board = show(`<li class="edge"><a data-rows="later"></a></li>${rowsFrom(1, 2)}`, 1, 2);
    settle(board);
    expect(findAll("[data-rows]", board)).toEqual([]);
  });
});

describe("a heading", () => {
  it("is shown once for a group that goes over several pages, and not without rows", () => {
    const board = show(heading("a") + row(1) + heading("a") + row(2) + heading("b") + row(3) + heading("c"), 1, 3);
    const list = find(".lanes", board);
    showHeadingsOnce(list);
    const headings = () => findAll("[data-group]", list).filter((item) => !item.hidden);
    expect(headings().map((item) => item.dataset.group)).toEqual(["a", "b"]);
    find('[data-lane="c1"]', list).remove();
    showHeadingsOnce(list);
    expect(headings().map((item) => item.nextElementSibling?.textContent)).toEqual(["2", "3"]);
  });
});
