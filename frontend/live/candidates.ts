// The candidates of a job as its panel lists them, best first.

import { dataValue } from "../shared/dom";
import { rankedCards } from "./panel-content";

export interface Candidate {
  id: string;
  rank: string;
  score: string;
  // By the customer of the job.
  isPreferred: boolean;
  // The offered start as an instant, with its difference from the desired date; empty for the contractor of a booking.
  start: string;
  apart: string;
  zone: string;
}

// The job of a panel: its candidates, the length of the work, and where its booking is, if it has one.
export interface RankedJob {
  id: string;
  number: string;
  minutes: number;
  candidates: Candidate[];
  isBooked: boolean;
}

export function rankedJobIn(panel: ParentNode): RankedJob | null {
  const head = panel.querySelector<HTMLElement>("[data-panel]");
  if (!head) return null;
  const { contractor, start, zone } = head.dataset;
  const cards = rankedCards(panel).filter((card) => !card.closest("[data-answer]"));
  const candidates = cards.map(candidateOf);
  const present = candidates.find(({ id }) => id === contractor);
  const booked = contractor && start && zone ? { id: contractor, start, zone, rank: "", score: "", isPreferred: false, ...present, apart: "" } : null;
  return {
    id: dataValue(head, "panel"),
    number: dataValue(head, "number"),
    minutes: Number(dataValue(head, "minutes")),
    // The contractor of the booking comes first, at the time of the booking.
    candidates: booked ? [{ ...booked, start: start ?? "" }, ...candidates.filter(({ id }) => id !== contractor)] : candidates,
    isBooked: booked !== null,
  };
}

function candidateOf(card: HTMLElement): Candidate {
  const offer = card.querySelector<HTMLOptionElement>("option[selected]");
  return {
    id: dataValue(card, "candidate"),
    rank: dataValue(card, "rank"),
    score: dataValue(card, "score"),
    isPreferred: "preferred" in card.dataset,
    zone: dataValue(card, "zone"),
    start: offer?.value ?? "",
    apart: offer?.dataset.apart ?? "",
  };
}
