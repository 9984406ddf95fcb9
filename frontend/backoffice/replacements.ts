// The pages that replace many bookings: choosing a replacement selects its row, and the reason is asked while a selected
// row has a replacement that is not the first of the ranking. The reason for breaking arrival windows is required while a
// selected row starts outside its window.

import { find, findAll, targetOf } from "../shared/dom";

function chosenData(row: HTMLElement): DOMStringMap {
  const select = row.querySelector<HTMLSelectElement>("select");
  return select?.options[select.selectedIndex]?.dataset ?? {};
}

const isOverride = (row: HTMLElement): boolean => chosenData(row).override !== undefined;
const breaksWindow = (row: HTMLElement): boolean => chosenData(row).breaksWindow !== undefined;

const box = (row: HTMLElement): HTMLInputElement | null => row.querySelector<HTMLInputElement>("input[name=row]");

function askForBreak(form: HTMLElement, asks: boolean): void {
  const section = form.querySelector<HTMLElement>("[data-break-reason]");
  if (!section) return;
  section.hidden = !asks;
  find<HTMLInputElement>("input", section).required = asks;
}

export function showOverrides(form: HTMLElement): void {
  const rows = findAll("li", form);
  for (const row of rows) {
    const note = row.querySelector<HTMLElement>("[data-override-note]");
    if (note) note.hidden = !isOverride(row);
  }
  const selected = rows.filter((row) => box(row)?.checked === true);
  find("[data-override-reason]", form).hidden = !selected.some(isOverride);
  askForBreak(form, selected.some(breaksWindow));
}

function handleChange(event: Event): void {
  const field = targetOf(event);
  const form = field?.closest<HTMLElement>("[data-replacements]");
  if (!field || !form) return;
  const row = field.matches("select") ? field.closest("li") : null;
  const rowBox = row && box(row);
  if (rowBox) rowBox.checked = true;
  showOverrides(form);
}

export function listenToReplacements(): void {
  document.addEventListener("change", handleChange);
  for (const form of findAll("[data-replacements]")) showOverrides(form);
}
