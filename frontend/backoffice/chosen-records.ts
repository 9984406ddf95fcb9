// Records that are chosen by typing, such as the contractors of a plan. The server renders each option together with
// the row that it adds.

import { Combobox } from "../shared/combobox";
import { dataValue, find, findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";

const MIN_LETTERS = 2;

export class ChosenRecords extends Combobox {
  private readonly rows: HTMLElement;

  constructor(private readonly root: HTMLElement) {
    super(find<HTMLInputElement>(".chosen-search input", root), find("[role=listbox]", root), MIN_LETTERS);
    this.rows = find("[data-rows]", root);
    this.rows.addEventListener("click", (event) => {
      const row = targetOf(event)?.closest<HTMLElement>("[data-remove-record]")?.closest<HTMLElement>("[data-record]");
      if (row) this.remove(row);
    });
  }

  protected override async fetchOptions(q: string): Promise<string | null> {
    const address = `${dataValue(this.root, "chosenRecords")}?${new URLSearchParams({ q }).toString()}`;
    const response = await fetch(address).catch(() => null);
    return response?.ok && !response.redirected ? response.text() : null;
  }

  // A text that is no choice is not sent.
  protected override onEnter(): boolean {
    return this.text !== "";
  }

  protected override select(option: HTMLElement): void {
    const template = option.querySelector("template");
    if (!template) return;
    this.input.value = "";
    this.toggle(false);
    const isPresent = findAll("[data-record]", this.rows).some(({ dataset }) => dataset.record === option.dataset.record);
    const name = option.firstElementChild?.textContent ?? "";
    this.announce(isPresent ? t("recordChosenBefore", { name }) : t("recordChosen", { name }));
    if (isPresent) return;
    this.rows.append(template.content.cloneNode(true));
    this.changed();
    // A reason is asked for at once.
    this.rows.lastElementChild?.querySelector<HTMLElement>("input[type=text]")?.focus();
  }

  private remove(row: HTMLElement): void {
    this.announce(t("recordRemoved", { name: find(".chosen-name", row).firstChild?.textContent?.trim() ?? "" }));
    row.remove();
    this.input.focus();
    this.changed();
  }

  private changed(): void {
    this.root.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private announce(text: string): void {
    find("[data-chosen-status]", this.root).textContent = text;
  }
}

export function listenToChosenRecords(): void {
  for (const root of findAll("[data-chosen-records]")) new ChosenRecords(root).listen();
}
