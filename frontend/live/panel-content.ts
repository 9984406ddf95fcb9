// The ranking in the panel: a new version replaces the one before, and keeps what the user has typed and selected.

import { dataValue, find, findAll } from "../shared/dom";
import { changesText, rankingChanges, type RankedContractor } from "./ranking-changes";

const offerForms = (drawer: HTMLElement): HTMLFormElement[] => findAll<HTMLFormElement>("[data-offer]", drawer);
const startSelect = (form: HTMLFormElement): HTMLSelectElement => find<HTMLSelectElement>("select", form);

// The card of an answer about one contractor has no rank.
export const rankedCards = (root: ParentNode = document): HTMLElement[] =>
  findAll("[data-candidate][data-rank]", root).filter((card) => card.dataset.rank);

export const selectedStart = (form: HTMLFormElement): string => startSelect(form).value;

// An update shows what has changed; the first version of a job does not.
export function replaceContent(drawer: HTMLElement, content: DocumentFragment, { isUpdate }: { isUpdate: boolean }): void {
  const before = rankedContractors(drawer);
  const starts = new Map(offerForms(drawer).map((form) => [form.dataset.contractor, selectedStart(form)]));
  const restoreInput = inputRestorer(drawer);
  const open = findAll("[data-formula][open]", drawer).map((details) => details.closest<HTMLElement>("[data-candidate]")?.dataset.candidate);
  const kept = findAll("[data-keep][open]", drawer).map((details) => details.dataset.keep);
  drawer.replaceChildren(content);
  for (const form of offerForms(drawer)) {
    selectStart(startSelect(form), starts.get(form.dataset.contractor));
    showNote(form);
  }
  if (!isUpdate) return;
  for (const details of findAll<HTMLDetailsElement>("[data-formula]", drawer)) {
    details.open = open.includes(details.closest<HTMLElement>("[data-candidate]")?.dataset.candidate);
  }
  for (const details of findAll<HTMLDetailsElement>("details[data-keep]", drawer)) details.open = kept.includes(details.dataset.keep);
  restoreInput();
  if (before.length) showChanges(drawer, before);
}

function selectStart(select: HTMLSelectElement, start: string | undefined): void {
  if (start && [...select.options].some(({ value }) => value === start)) select.value = start;
}

// How the selected time differs from the desired date, in a few words.
export const selectedApart = (form: HTMLFormElement): string => startSelect(form).selectedOptions[0]?.dataset.apart ?? "";

// How the selected time differs from what the customer asked for or was told; the button says it in a few words.
export function showNote(form: HTMLFormElement): void {
  const note = find("[data-note]:not(option)", form);
  note.textContent = startSelect(form).selectedOptions[0]?.dataset.note ?? "";
  note.hidden = !note.textContent;
  const apart = form.querySelector<HTMLElement>("button [data-apart]");
  if (apart) apart.textContent = selectedApart(form) && `: ${selectedApart(form)}`;
}

// Remembers scroll position, typed text and focus.
function inputRestorer(drawer: HTMLElement): () => void {
  const { scrollTop } = drawer;
  const typed = drawer.querySelector<HTMLInputElement>("#why-q")?.value;
  const focused = focusSelector(drawer);
  return () => {
    const field = drawer.querySelector<HTMLInputElement>("#why-q");
    if (field && typed !== undefined) field.value = typed;
    drawer.scrollTop = scrollTop;
    if (focused) drawer.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
  };
}

// A selector that finds the focused element in the new version.
function focusSelector(drawer: HTMLElement): string | null {
  const focused = document.activeElement;
  if (!focused || !drawer.contains(focused)) return null;
  if (focused.id) return `#${CSS.escape(focused.id)}`;
  const contractor = focused.closest<HTMLElement>("[data-offer]")?.dataset.contractor;
  return contractor ? `[data-offer][data-contractor="${CSS.escape(contractor)}"] ${focused.localName}` : "[data-close]";
}

const rankedContractors = (drawer: HTMLElement): RankedContractor[] =>
  rankedCards(drawer).map((card) => ({
    id: dataValue(card, "candidate"),
    name: dataValue(card, "name"),
    rank: dataValue(card, "rank"),
  }));

function showChanges(drawer: HTMLElement, before: RankedContractor[]): void {
  const previousRanks = new Map(before.map(({ id, rank }) => [id, rank]));
  for (const card of rankedCards(drawer)) {
    if (previousRanks.get(dataValue(card, "candidate")) !== card.dataset.rank) card.classList.add("new");
  }
  const changes = rankingChanges(before, rankedContractors(drawer));
  const line = drawer.querySelector<HTMLElement>("[data-moved]");
  if (!line || !changes.length) return;
  line.textContent = changesText(changes);
  line.hidden = false;
}
