import { expect, it } from "vitest";

import { showCounts } from "../live/board-counts";
import { find, findAll } from "../shared/dom";

it("counts what the rows show", () => {
  document.body.innerHTML = `<div id="board">
    <b data-count=""></b><b data-count="pending"></b><b data-count="late"></b><b data-booked-share></b>
    <i data-lane="a" data-working="480" data-booked="120"><u class="block pending late"></u><u class="block confirmed"></u></i>
    <i data-lane="b" data-working="120" data-booked="30"><u class="block pending"></u></i></div>`;
  showCounts(find("#board"));
  expect(findAll("b").map((number) => number.textContent)).toEqual(["3", "2", "1", "25%"]);
  for (const lane of findAll("[data-lane]")) lane.dataset.working = "0";
  showCounts(find("#board"));
  expect(find("[data-booked-share]").textContent).toBe("–");
});
