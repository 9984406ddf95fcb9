// Suggestions of earlier customers while a name or a phone number is typed.

import { Combobox } from "../shared/combobox";
import { dataValue } from "../shared/dom";

const MIN_LETTERS = 3;

export type Values = Partial<Record<string, string>>;

export class CustomerCombobox extends Combobox {
  constructor(
    input: HTMLInputElement,
    list: HTMLElement,
    private readonly address: string,
    private readonly fill: (values: Values) => void,
  ) {
    super(input, list, MIN_LETTERS);
  }

  protected override async fetchOptions(q: string): Promise<string | null> {
    const response = await fetch(`${this.address}?${new URLSearchParams({ q }).toString()}`).catch(() => null);
    return response?.ok && !response.redirected ? response.text() : null;
  }

  protected override select(option: HTMLElement): void {
    this.toggle(false);
    this.fill(JSON.parse(dataValue(option, "values")) as Values);
  }
}
