import { expect, it } from "vitest";

import { rankedJobIn } from "../live/candidates";

const card = (id: string, rank: number, mark = ""): string => `
  <article ${mark} data-candidate="${id}" data-name="${id}" data-rank="${String(rank)}" data-score="0.9" data-zone="UTC">
    <select><option value="8:00" data-apart="early"></option><option value="9:00" data-apart="" selected></option></select>
  </article>`;

function panel(head: string, ...cards: string[]): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = `<div data-panel="j1" data-number="JOB-1" data-minutes="120" ${head}></div>${cards.join("")}`;
  return template.content;
}

it("is nothing while the panel loads", () => {
  expect(rankedJobIn(document.createElement("div"))).toBeNull();
});

it("reads the offered start of each candidate, in the order of the panel", () => {
  const job = rankedJobIn(panel("", card("bo", 1), card("ann", 2)));
  expect(job?.minutes).toBe(120);
  expect(job?.isBooked).toBe(false);
  expect(job?.candidates).toEqual([
    { id: "bo", rank: "1", score: "0.9", isPreferred: false, zone: "UTC", start: "9:00", apart: "" },
    { id: "ann", rank: "2", score: "0.9", isPreferred: false, zone: "UTC", start: "9:00", apart: "" },
  ]);
});

it("reads whom the customer prefers", () => {
  const job = rankedJobIn(panel("", card("bo", 1, "data-preferred"), card("ann", 2)));
  expect(job?.candidates.map(({ isPreferred }) => isPreferred)).toEqual([true, false]);
});

it("begins with the contractor of a booking, at its time", () => {
  const job = rankedJobIn(panel('data-contractor="ann" data-start="7:00" data-zone="UTC"', card("bo", 1), card("ann", 2)));
  expect(job?.isBooked).toBe(true);
  expect(job?.candidates.map(({ id, rank, start }) => [id, rank, start])).toEqual([
    ["ann", "2", "7:00"],
    ["bo", "1", "9:00"],
  ]);
});

it("begins with the contractor of a booking without a rank too", () => {
  const job = rankedJobIn(panel('data-contractor="cy" data-start="7:00" data-zone="UTC"', card("bo", 1)));
  expect(job?.candidates.map(({ id, rank }) => [id, rank])).toEqual([["cy", ""], ["bo", "1"]]);
});
