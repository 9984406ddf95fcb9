// The numbers above the board: what its rows show, counted again when single rows change.

import { findAll } from "../shared/dom";
import { formatPercent } from "../shared/formatting";

export function showCounts(board: HTMLElement): void {
  for (const number of findAll("[data-count]", board)) {
    const kind = number.dataset.count;
    number.textContent = String(findAll(kind ? `.block.${kind}` : ".block", board).length);
  }
  const share = board.querySelector("[data-booked-share]");
  const working = sumOf("working", board);
  if (share) share.textContent = working ? formatPercent(sumOf("booked", board) / working) : "–";
}

const sumOf = (name: "working" | "booked", board: HTMLElement): number =>
  findAll("[data-lane]", board).reduce((sum, lane) => sum + Number(lane.dataset[name]), 0);
