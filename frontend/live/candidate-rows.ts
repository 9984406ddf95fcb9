// The candidates of a job as the first rows of the board, in the order of the ranking and on the day of the best offer.
// The other rows fold away until asked for. Afterward the board is as it was: day, filters and scroll position.

import { create, dataValue, find, findAll } from "../shared/dom";
import { t } from "../shared/messages";
import { onFilterOver, restore, showOver, stayOn } from "./board-filters";
import type { Candidate, RankedJob } from "./candidates";
import { fetchHtml } from "./http";
import { focusRestorer, isPaused, onFreshRows, refresh, shownBoardQuery } from "./partials";
import { axisOf, boardElement, dayOnBoard, isShown, place, placeAll, placeCurrentTime, positionOf } from "./timeline";
import { markBookedBlock, missingRow } from "./booked-block";
import { revealRow } from "./row-paging";

interface Shown {
  job: RankedJob;
  isUnfolded: boolean;
  scrollTop: number;
}

let shown: Shown | null = null;
let requests = 0;
let rowsLoaded = Promise.resolve();

const GROUP = "[data-candidates]";
const scrollArea = (): HTMLElement => find("[data-view=board]");

// The contractors of the first rows while the others are folded away, else none.
export const foldedTo = (): string[] => (shown && !shown.isUnfolded ? shown.job.candidates.map(({ id }) => id) : []);

// A new version of the same ranking keeps the day that is shown.
export async function showCandidates(job: RankedJob): Promise<void> {
  const [first] = job.candidates;
  if (!first) {
    await hideCandidates();
    return;
  }
  const isNew = shown?.job.id !== job.id;
  shown = { job, isUnfolded: !isNew && Boolean(shown?.isUnfolded), scrollTop: shown?.scrollTop ?? scrollArea().scrollTop };
  try {
    if (isNew) await goTo(first);
    else await loadRows();
  } catch {
    // With the connection back, everything is loaded again.
  }
}

export async function hideCandidates(): Promise<void> {
  if (!shown) return;
  const { scrollTop } = shown;
  shown = null;
  await restore();
  scrollArea().scrollTop = scrollTop;
}

// Ends with the day that is shown, for a booking on it.
export async function keepShownDay(): Promise<void> {
  if (!shown) return;
  shown = null;
  await stayOn(dataValue(boardElement(), "day"));
  // The row of the booking can be on a page that is not loaded.
  const contractor = missingRow();
  if (contractor) await revealRow(contractor);
}

// Shows the day of a start in the row of a contractor in `zone`.
export async function goToStart(start: string, zone: string): Promise<void> {
  if (shown) await goTo({ start, zone });
}

async function goTo({ start, zone }: Pick<Candidate, "start" | "zone">): Promise<void> {
  if (!start) {
    await loadRows();
    return;
  }
  await showOver(dayOnBoard(new Date(start), zone));
  await rowsLoaded;
}

async function loadRows(): Promise<void> {
  if (!shown) return;
  requests += 1;
  const request = requests;
  const params = new URLSearchParams();
  for (const name of ["day", "clock"]) params.set(name, shownBoardQuery().get(name) ?? "");
  params.set("contractors", shown.job.candidates.map(({ id }) => id).join());
  const rows = await fetchHtml("lanes/", params);
  if (request !== requests || params.get("day") !== boardElement().dataset.day) return;
  // A drag that has begun since the request keeps its rows; they are read again after it.
  if (isPaused()) refresh(["board"]);
  else showRows(rows);
}

function showRows(rows: DocumentFragment): void {
  if (!shown) return;
  const board = boardElement();
  const lanes = new Map(findAll("[data-lane]", rows).map((lane) => [lane.dataset.lane, lane]));
  const list = create("ul", { className: "lanes", ariaLabel: t("candidateRows", { job: shown.job.number }) });
  for (const candidate of shown.job.candidates) {
    const lane = lanes.get(candidate.id);
    if (!lane) continue;
    list.append(lane);
    decorate(lane, candidate, shown.job);
  }
  const group = board.querySelector<HTMLElement>(GROUP) ?? newGroup();
  const restoreFocus = focusRestorer(group);
  find("ul", group).replaceWith(list);
  insertGroup(group, board);
  placeAll(group, axisOf(board));
  restoreFocus(group);
  placeCurrentTime();
  markBookedBlock();
}

function newGroup(): HTMLElement {
  const group = create("div");
  group.dataset.candidates = "";
  group.append(create("ul"), foldButton());
  return group;
}

// Above the other rows, which show each candidate no second time.
function insertGroup(group: HTMLElement, board: HTMLElement): void {
  if (!shown) return;
  const list = findAll("ul.lanes", board).find((element) => !group.contains(element));
  if (!list) board.prepend(group);
  else if (list.previousElementSibling !== group) list.before(group); // moving it would take the keyboard focus
  const ids = new Set(shown.job.candidates.map(({ id }) => id));
  for (const lane of findAll("[data-lane]", board)) {
    if (!group.contains(lane)) lane.hidden = ids.has(dataValue(lane, "lane"));
  }
  board.classList.toggle("candidates-only", !shown.isUnfolded);
}

function foldButton(): HTMLElement {
  const line = create("p", { className: "more" });
  const button = create("button", { type: "button", className: "button" });
  button.dataset.key = "fold";
  const update = () => {
    button.textContent = shown?.isUnfolded ? t("showCandidatesOnly") : t("showAllContractors");
    button.setAttribute("aria-expanded", String(Boolean(shown?.isUnfolded)));
  };
  button.addEventListener("click", () => {
    setUnfolded(!shown?.isUnfolded);
    update();
  });
  update();
  line.append(button);
  return line;
}

function setUnfolded(isUnfolded: boolean): void {
  if (!shown) return;
  shown.isUnfolded = isUnfolded;
  boardElement().classList.toggle("candidates-only", !isUnfolded);
}

// Marks a row with rank, score, preference and offer.
function decorate(lane: HTMLElement, { rank, score, isPreferred, start, apart, zone }: Candidate, job: RankedJob): void {
  const who = find(".who", lane);
  lane.classList.add("candidate");
  if (rank) {
    const badge = create("span", { className: "rank" });
    badge.append(create("span", { className: "unseen", textContent: t("rank") }), rank);
    who.prepend(badge);
  }
  const line = create("p", { className: "quiet offer-line" });
  if (score) line.append(create("span", { className: "number", textContent: t("score", { score }) }));
  if (isPreferred) line.append(create("span", { className: "preferred", textContent: t("preferred") }));
  if (start) line.append(offerOf(lane, { start, apart, zone }, job.minutes));
  who.append(line);
}

// The offered time as an outline in the row; on another day, a button that shows that day.
function offerOf(lane: HTMLElement, { start, apart, zone }: Pick<Candidate, "start" | "apart" | "zone">, minutes: number): Node {
  const axis = axisOf();
  const from = positionOf(new Date(start), zone);
  if (isShown(from, axis)) {
    const outline = create("span", { className: "offered" });
    place(outline, from, from + minutes, axis);
    outline.dataset.from = String(from);
    outline.dataset.to = String(from + minutes);
    find(".track", lane).append(outline);
    return create("span", { textContent: apart });
  }
  const button = create("button", { type: "button", textContent: t("showOffer", { difference: apart }) });
  button.addEventListener("click", () => void showOver(dayOnBoard(new Date(start), zone)));
  return button;
}

export function listen(): void {
  onFilterOver(() => {
    setUnfolded(true);
  });
  // The rows stay where they are until their new version arrives.
  onFreshRows((fresh, before) => {
    if (!shown) return;
    if (fresh.dataset.part === "board") {
      const group = before.querySelector<HTMLElement>(GROUP);
      if (group) insertGroup(group, fresh);
      else fresh.classList.toggle("candidates-only", !shown.isUnfolded);
      // When the board is in its place. With the connection back, everything reloads.
      rowsLoaded = Promise.resolve().then(loadRows).catch(() => undefined);
    } else if (before.closest(GROUP)) {
      const candidate = shown.job.candidates.find(({ id }) => id === fresh.dataset.lane);
      if (candidate) decorate(fresh, candidate, shown.job);
    }
  });
}
