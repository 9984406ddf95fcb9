// The search of the header: jobs, contractors and assignments while a text is typed.

import { Combobox } from "../shared/combobox";
import { create, dataValue, find } from "../shared/dom";
import { t } from "../shared/messages";

const MIN_LETTERS = 3;

export class SearchBox extends Combobox {
  private isEnterPending = false;

  constructor(private readonly form: HTMLFormElement) {
    super(find<HTMLInputElement>("input", form), find("[role=listbox]", form), MIN_LETTERS);
    this.input.addEventListener("focus", () => {
      if (this.text.length >= MIN_LETTERS) this.toggle(true);
    });
  }

  protected override onInput(): void {
    this.isEnterPending = false;
    if (this.text.length < MIN_LETTERS) this.list.replaceChildren();
  }

  protected override async fetchOptions(q: string): Promise<string | null> {
    const address = `${dataValue(this.form, "find")}?${new URLSearchParams({ q }).toString()}`;
    const response = await fetch(address).catch(() => null);
    if (response?.status === 401) {
      location.reload(); // the page itself leads to the sign-in page
      return null;
    }
    if (response?.ok && !response.redirected) return response.text();
    return create("p", { className: "none", textContent: t("searchFailed") }).outerHTML;
  }

  protected override onLoaded(): void {
    const { length } = this.options;
    find("[data-found]", this.form).textContent = length ? t("resultsFound", { count: length }) : this.list.textContent.trim();
    if (this.isEnterPending) this.openFirst();
  }

  // Enter opens the first result, also when the results are still on their way.
  protected override onEnter(): boolean {
    if (this.text.length < MIN_LETTERS) return false;
    this.isEnterPending = true;
    void this.load();
    return true;
  }

  protected override select(option: HTMLElement): void {
    this.isEnterPending = false;
    this.input.value = "";
    this.list.replaceChildren();
    this.toggle(false);
    this.input.blur();
    // The live page opens a job in its panel and prevents the default; elsewhere the address of the option is opened.
    const isHandled = !document.dispatchEvent(new CustomEvent("search:open", { cancelable: true, detail: option.dataset }));
    if (!isHandled && option instanceof HTMLAnchorElement) location.assign(option.href);
  }

  private openFirst(): void {
    const [first] = this.options;
    if (first) this.select(first);
    this.isEnterPending = false;
  }
}
