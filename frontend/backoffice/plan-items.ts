// The items of a plan: changes that belong together are selected together, buttons filter the rows, and the submit
// button says how many changes it accepts.

import { dataValue, find, findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";

const rowsOf = (form: HTMLElement): HTMLElement[] => findAll("[data-item]", form);
const box = (row: HTMLElement): HTMLInputElement | null => row.querySelector<HTMLInputElement>("input[name=item]");

// The other rows of the bundle of a row that can be selected.
const belonging = (form: HTMLElement, row: HTMLElement): HTMLElement[] =>
  row.dataset.bundle ? rowsOf(form).filter((other) => other !== row && other.dataset.bundle === row.dataset.bundle && box(other)) : [];

function announce(form: HTMLElement, text: string): void {
  find("[data-plan-status]", form).textContent = text;
}

function selectBundle(form: HTMLElement, row: HTMLElement, isSelected: boolean): void {
  const others = belonging(form, row);
  const changed = others.filter((other) => box(other)?.checked !== isSelected);
  for (const other of others) {
    const otherBox = box(other);
    if (otherBox) otherBox.checked = isSelected;
    other.hidden = false;
  }
  const count = changed.length;
  const sentence = isSelected ? t("bundleSelected", { count }) : t("bundleDeselected", { count });
  announce(form, count ? sentence : "");
}

export function showCount(form: HTMLElement): void {
  const boxes = findAll<HTMLInputElement>("input[name=item]", form);
  const count = boxes.filter(({ checked }) => checked).length;
  // Nothing can be accepted by a manager, or once all is.
  const submit = form.querySelector<HTMLButtonElement>("[data-accept-selected]");
  if (!submit) return;
  submit.disabled = !count;
  submit.textContent = t("acceptSelected", { count });
  const all = form.querySelector<HTMLInputElement>("[data-select-all]");
  if (!all) return;
  all.checked = boxes.length > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
}

// Selects or deselects all visible rows with their bundles.
function selectAll(form: HTMLElement, isSelected: boolean): void {
  for (const row of rowsOf(form).filter(({ hidden }) => !hidden)) {
    for (const each of [row, ...belonging(form, row)]) {
      const eachBox = box(each);
      if (eachBox) eachBox.checked = isSelected;
    }
  }
}

function filter(form: HTMLElement, button: HTMLElement): void {
  const kind = dataValue(button, "show");
  for (const other of findAll("[data-show]", form)) other.setAttribute("aria-pressed", String(other === button));
  const rows = rowsOf(form);
  for (const row of rows) row.hidden = kind !== "" && !dataValue(row, "kinds").split(" ").includes(kind);
  announce(form, t("changesShown", { count: rows.filter(({ hidden }) => !hidden).length }));
}

function handleChange(form: HTMLElement, event: Event): void {
  const field = targetOf(event);
  if (!(field instanceof HTMLInputElement)) return;
  const row = field.closest<HTMLElement>("[data-item]");
  if (field.dataset.selectAll !== undefined) selectAll(form, field.checked);
  else if (field.name === "item" && row) selectBundle(form, row, field.checked);
  else return;
  showCount(form);
}

// What a user has done to the rows, to do it to the rows that take their place.
export interface ItemsView {
  selected: string[];
  shown: string;
  open: string[];
}

export function viewOf(form: HTMLElement): ItemsView {
  return {
    selected: findAll<HTMLInputElement>("input[name=item]:checked", form).map(({ value }) => value),
    shown: form.querySelector<HTMLElement>("[data-show][aria-pressed=true]")?.dataset.show ?? "",
    open: rowsOf(form).filter((row) => row.querySelector("details[open]")).map((row) => dataValue(row, "item")),
  };
}

export function restoreView(form: HTMLElement, { selected, shown, open }: ItemsView): void {
  for (const each of findAll<HTMLInputElement>("input[name=item]", form)) each.checked = selected.includes(each.value);
  for (const row of rowsOf(form).filter((each) => open.includes(dataValue(each, "item")))) {
    row.querySelector("details")?.setAttribute("open", "");
  }
  const button = shown && form.querySelector<HTMLElement>(`[data-show="${shown}"]`);
  if (button) filter(form, button);
  showCount(form);
}

export function listenToItems(form: HTMLElement): void {
  form.addEventListener("change", (event) => {
    handleChange(form, event);
  });
  form.addEventListener("click", (event) => {
    const button = targetOf(event)?.closest<HTMLElement>("[data-show]");
    if (button) filter(form, button);
  });
  showCount(form);
}
