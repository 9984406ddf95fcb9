// The pages that replace many bookings: choosing a replacement selects its row, and the reason is asked while a selected
// row has a replacement that is not the first of the ranking.

import { find, findAll, targetOf } from "../shared/dom";

function isOverride(row: HTMLElement): boolean {
  const select = row.querySelector<HTMLSelectElement>("select");
  return select?.options[select.selectedIndex]?.dataset.override !== undefined;
}

const box = (row: HTMLElement): HTMLInputElement | null => row.querySelector<HTMLInputElement>("input[name=row]");

export function showOverrides(form: HTMLElement): void {
  const rows = findAll("li", form);
  for (const row of rows) {
    const note = row.querySelector<HTMLElement>("[data-override-note]");
    if (note) note.hidden = !isOverride(row);
  }
  find("[data-override-reason]", form).hidden = !rows.some((row) => box(row)?.checked === true && isOverride(row));
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
