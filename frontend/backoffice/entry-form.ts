// The form of a job or a contractor: what was understood is shown beside the field, and an address line is split into
// its parts.

import { create, find } from "../shared/dom";
import { t } from "../shared/messages";
import { replaceSkill } from "./skills-combobox";
import { outputOf, showUnderstood, type TextField as Field, type Understood } from "./understood";

const TYPING_MS = 300;
const PREVIEWED = ["place_line", "desired_date", "duration", "customer_phone", "phone_number", "required_skills", "skills"];
const PARTS = ["address", "city", "state", "zip_code"] as const;
const POSITION = ["latitude", "longitude", "time_zone"];

interface FieldPreview extends Understood {
  fixes: [typed: string, instead: string][];
}

interface Preview {
  fields: Partial<Record<string, FieldPreview>>;
  parts: Partial<Record<(typeof PARTS)[number], string>>;
}

export class EntryForm {
  private timer: number | undefined;
  private requests = 0;
  // The line was edited after its parts: the parts follow it.
  private isLineNewer = false;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly address: string,
  ) {}

  listen(): void {
    for (const name of PREVIEWED) {
      const field = this.field(name);
      if (!field) continue;
      outputOf(field);
      field.addEventListener("input", () => this.schedule());
      field.addEventListener("blur", () => void this.refresh());
    }
    for (const name of POSITION) this.field(name)?.addEventListener("change", () => this.schedule());
    this.field("place_line")?.addEventListener("input", () => {
      this.isLineNewer = true;
    });
    for (const name of PARTS) this.field(name)?.addEventListener("input", () => this.followParts());
    void this.refresh();
  }

  // Writes values into the fields by name, as if they were typed.
  fill(values: Partial<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      // Also hidden fields: the id of a chosen customer is one.
      const field = this.form.querySelector<Field>(`[name="${name}"]`);
      if (field && value !== undefined) field.value = value;
    }
    this.isLineNewer = false;
    void this.refresh();
  }

  private field(name: string): Field | null {
    return this.form.querySelector<Field>(`[name="${name}"]:not([type=hidden])`);
  }

  // The line says what its parts say.
  private followParts(): void {
    const line = this.field("place_line");
    const [address, city, state, zipCode] = PARTS.map((name) => this.field(name)?.value.trim() ?? "");
    this.isLineNewer = false;
    if (line) line.value = address && city && state && zipCode ? `${address}, ${city}, ${state} ${zipCode}` : "";
    this.schedule();
  }

  private schedule(): void {
    this.requests += 1; // a response about the former texts is not shown any more
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.refresh(), TYPING_MS);
  }

  private body(): URLSearchParams {
    const names = [...PREVIEWED, ...POSITION, ...(this.isLineNewer ? [] : PARTS)];
    const values = names.map((name): [string, string] => [name, this.field(name)?.value ?? ""]);
    const token = find<HTMLInputElement>("[name=csrfmiddlewaretoken]", this.form);
    return new URLSearchParams([...values.filter(([, value]) => value), [token.name, token.value]]);
  }

  private async refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.requests += 1;
    const request = this.requests;
    const response = await fetch(this.address, { method: "POST", body: this.body() }).catch(() => null);
    if (request !== this.requests || !response?.ok || response.redirected) return;
    const preview = (await response.json()) as Preview;
    for (const name of PREVIEWED) this.show(name, preview.fields[name]);
    if (this.isLineNewer) this.writeParts(preview.parts);
    else this.dropDifferentLine(preview.parts);
  }

  // The parts were corrected so that the line cannot say the same.
  private dropDifferentLine(parts: Preview["parts"]): void {
    const line = this.field("place_line");
    const value = (name: string): string => this.field(name)?.value.trim() ?? "";
    const isDifferent = PARTS.some((name) => value(name) && value(name).toLowerCase() !== parts[name]?.toLowerCase());
    if (line?.value && isDifferent && document.activeElement !== line) line.value = "";
  }

  private writeParts(parts: Preview["parts"]): void {
    for (const name of PARTS) {
      const field = this.field(name);
      if (field) field.value = parts[name] ?? "";
    }
  }

  private show(name: string, understood: FieldPreview | undefined): void {
    const field = this.field(name);
    if (!field) return;
    const fixes = understood?.fixes ?? [];
    showUnderstood(field, understood, () => fixes.map(([typed, instead]) => this.fixButton(field, typed, instead)));
  }

  private fixButton(field: Field, typed: string, instead: string): HTMLElement {
    const button = create("button", { type: "button", textContent: t("useInstead", { name: instead }) });
    button.addEventListener("click", () => {
      field.value = replaceSkill(field.value, typed, instead);
      field.focus();
      void this.refresh();
    });
    return button;
  }
}
