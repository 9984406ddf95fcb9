// Suggestions of contractors while a name is typed.

import { Combobox } from "../shared/combobox";
import { dataValue, find } from "../shared/dom";

const MIN_LETTERS = 2;

export class ContractorCombobox extends Combobox {
  private readonly contractor: HTMLInputElement;
  private readonly form: HTMLFormElement;

  constructor(input: HTMLInputElement, list: HTMLElement) {
    super(input, list, MIN_LETTERS);
    if (!input.form) throw new Error("The input has no form.");
    this.form = input.form;
    this.contractor = find<HTMLInputElement>("[name=contractor]", this.form);
  }

  protected override onInput(): void {
    this.contractor.value = "";
  }

  protected override async fetchOptions(q: string): Promise<string | null> {
    const address = `${dataValue(this.list, "people")}?${new URLSearchParams({ q }).toString()}`;
    const response = await fetch(address).catch(() => null);
    return response?.ok && !response.redirected ? response.text() : null;
  }

  protected override select(option: HTMLElement): void {
    this.input.value = dataValue(option, "name");
    this.contractor.value = dataValue(option, "contractor");
    this.toggle(false);
    this.form.requestSubmit();
  }
}
