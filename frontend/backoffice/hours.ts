// The tools above a contractor's working hours: type the week, copy Monday to other days, add a shift on several days.

import { dataValue, find, findAll, targetOf } from "../shared/dom";
import { formatList, formatMinutes, weekdayName } from "../shared/formatting";
import { t } from "../shared/messages";
import { minuteOf, shiftRows, type Shift } from "./shifts";

const MONDAY = 1;
const DAYS = [1, 2, 3, 4, 5, 6, 0];
const SHIFT_FIELDS = ["day_of_week", "start_time", "end_time"] as const;
type Field = HTMLInputElement | HTMLSelectElement;

const dayNames = (days: number[]): string => formatList(days.map((day) => weekdayName(day)));

type ShiftValues = Record<"start_time" | "end_time", string> & { day_of_week: number };

// The answer of the server: shifts, or a sentence that says why there are none.
interface WeekReading {
  shifts?: ShiftValues[];
  problem?: string;
}

const toShift = (shift: ShiftValues): Shift => ({ day: shift.day_of_week, start: shift.start_time, end: shift.end_time });

// Unfold renders the rows after a removed one again from their markup, so what was typed must be in the markup.
function writeToMarkup(event: Event): void {
  const field = targetOf(event);
  if (!field?.closest(".formset")) return;
  if (field instanceof HTMLSelectElement) {
    for (const option of field.options) option.toggleAttribute("selected", option.selected);
  } else if (field instanceof HTMLInputElement && field.type !== "checkbox") field.setAttribute("value", field.value);
}

// The rows of the inline formset that are not removed.
class ShiftRows {
  constructor(private readonly group: HTMLElement) {}

  private all(): HTMLElement[] {
    return findAll(".form-group:not(.empty-form)", this.group).filter((row) => !this.deleteBox(row)?.checked);
  }

  private deleteBox(row: HTMLElement): HTMLInputElement | null {
    return row.querySelector<HTMLInputElement>('[name$="-DELETE"]');
  }

  field(row: HTMLElement, name: (typeof SHIFT_FIELDS)[number]): Field {
    return find<Field>(`[name$="-${name}"]`, row);
  }

  of(day: number): HTMLElement[] {
    return this.all().filter((row) => this.field(row, "day_of_week").value === String(day));
  }

  private blank(): HTMLElement | undefined {
    return this.all().find((row) => SHIFT_FIELDS.every((name) => !this.field(row, name).value));
  }

  write(row: HTMLElement, { day, start, end }: Shift): void {
    const values = { day_of_week: String(day), start_time: start, end_time: end };
    for (const name of SHIFT_FIELDS) {
      const field = this.field(row, name);
      field.value = values[name];
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  add(shift: Shift): void {
    if (!this.blank()) find(".add-row", this.group).click();
    const row = this.blank();
    if (row) this.write(row, shift);
  }

  remove(row: HTMLElement): void {
    const box = this.deleteBox(row);
    if (box?.closest(".form-group.original")) box.click();
    else find(".delete-template", row).click();
  }
}

class HoursTools {
  private readonly rows: ShiftRows;
  private readonly status: HTMLElement;

  constructor(private readonly tools: HTMLElement) {
    this.rows = new ShiftRows(find(`#${CSS.escape(dataValue(tools, "hours"))}-group`));
    this.status = find("[data-told]", tools);
  }

  listen(): void {
    for (const button of findAll("[data-copy]", this.tools)) {
      button.addEventListener("click", () => this.copyMonday(dataValue(button, "copy").split(",").map(Number)));
    }
    find("[data-add]", this.tools).addEventListener("click", () => this.addShift());
    find("[data-read]", this.tools).addEventListener("click", () => void this.readWeek());
    this.week.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      void this.readWeek();
    });
    this.tools.hidden = false;
  }

  private say(text: string): void {
    this.status.textContent = text;
  }

  private get week(): HTMLInputElement {
    return find<HTMLInputElement>("[data-week]", this.tools);
  }

  // Replaces all rows by the shifts that the server reads from the text.
  private async readWeek(): Promise<void> {
    const token = find<HTMLInputElement>("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ text: this.week.value, csrfmiddlewaretoken: token });
    const response = await fetch(dataValue(this.week, "week"), { method: "POST", body }).catch(() => null);
    if (!response?.ok || response.redirected) {
      this.say(t("noAnswer"));
      return;
    }
    const { shifts, problem } = (await response.json()) as WeekReading;
    if (!shifts) {
      this.say(problem ?? t("unexpectedError"));
      return;
    }
    for (const day of DAYS) this.replaceDay(day, shifts.filter((shift) => shift.day_of_week === day).map(toShift));
    // The rows count now: a line that is still there when the form is saved would replace them.
    this.week.value = "";
    this.say(t("weekFilledIn", { days: dayNames(DAYS.filter((day) => shifts.some((shift) => shift.day_of_week === day))) }));
  }

  private copyMonday(days: number[]): void {
    const shifts = this.rows.of(MONDAY).map((row) => ({
      start: this.rows.field(row, "start_time").value,
      end: this.rows.field(row, "end_time").value,
    }));
    if (!shifts.length) {
      this.say(t("mondayIsEmpty"));
      return;
    }
    for (const day of days) this.replaceDay(day, shifts.map((shift) => ({ day, ...shift })));
    this.say(t("mondayCopied", { days: dayNames(days) }));
  }

  private replaceDay(day: number, shifts: Shift[]): void {
    for (const [index, shift] of shifts.entries()) {
      const row = this.rows.of(day)[index];
      if (row) this.rows.write(row, shift);
      else this.rows.add(shift);
    }
    for (const row of this.rows.of(day).slice(shifts.length)) this.rows.remove(row);
  }

  private time(name: "from" | "to"): string {
    return find<HTMLInputElement>(`[data-${name}]`, this.tools).value;
  }

  private addShift(): void {
    const days = findAll<HTMLInputElement>(".hours-days input:checked", this.tools).map((box) => Number(box.value));
    const [start, end] = [this.time("from"), this.time("to")];
    if (!days.length || !start || !end) this.say(t("shiftIncomplete"));
    else if (start === end) this.say(t("shiftIsEmpty"));
    else {
      for (const shift of days.flatMap((day) => shiftRows(day, start, end))) this.rows.add(shift);
      this.say(t("shiftAdded", { hours: formatMinutes(minuteOf(start), minuteOf(end)), days: dayNames(days) }));
    }
  }
}

document.addEventListener("change", writeToMarkup);
window.addEventListener("load", () => {
  for (const tools of findAll("[data-hours]")) new HoursTools(tools).listen();
});
