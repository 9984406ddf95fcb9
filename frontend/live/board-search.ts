// The search of the board: its list has contractors and jobs, and it jumps to what is chosen.
// Typing also filters the rows, as long as a contractor matches the words: jobs alone would leave no row.

import { Combobox } from "../shared/combobox";
import { find } from "../shared/dom";
import { t } from "../shared/messages";
import { announce } from "./announcer";
import { PAGE } from "./page";

const MIN_LETTERS = 3;

export interface Choice {
  contractor: string | undefined;
  job: string | undefined;
  // Of a job with a booking.
  day: string | undefined;
  booked: string | undefined;
  assignment: string | undefined;
}

class BoardSearch extends Combobox {
  constructor(
    private readonly choose: (choice: Choice) => void,
    private readonly filterRows: () => void,
  ) {
    super(find<HTMLInputElement>("[data-question] [name=q]"), find("[data-search-results]"), MIN_LETTERS);
  }

  protected override async load(): Promise<void> {
    await super.load();
    if (this.text.length < MIN_LETTERS || !this.hasJobsOnly) this.filterRows();
  }

  protected override async fetchOptions(text: string): Promise<string | null> {
    const response = await fetch(`${PAGE.partialsUrl}rows/?${new URLSearchParams({ q: text }).toString()}`).catch(() => null);
    return response?.ok ? await response.text() : null;
  }

  protected override onLoaded(): void {
    if (!this.list.hidden) announce(t("searchResults", { count: this.options.length }));
  }

  protected override onEnter(): boolean {
    const first = this.options[0];
    if (this.list.hidden || !first || !this.hasJobsOnly) return false;
    this.select(first);
    return true;
  }

  protected override select(option: HTMLElement): void {
    this.toggle(false);
    const { contractor, job, day, booked, assignment } = option.dataset;
    this.choose({ contractor, job, day, booked, assignment });
  }

  private get hasJobsOnly(): boolean {
    return this.options.length > 0 && !this.options.some(({ dataset }) => dataset.contractor);
  }
}

export function listenToSearch(choose: (choice: Choice) => void, filterRows: () => void): void {
  new BoardSearch(choose, filterRows).listen();
}
