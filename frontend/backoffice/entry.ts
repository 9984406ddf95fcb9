// Forms of jobs and contractors: earlier customers and known skills are suggested while one types.

import { create, dataValue } from "../shared/dom";
import { t } from "../shared/messages";
import { CustomerCombobox } from "./customer-combobox";
import { EntryForm } from "./entry-form";
import { SkillsCombobox } from "./skills-combobox";

function suggestionList(input: HTMLInputElement, label: string): HTMLElement {
  const list = create("ul", { id: `${input.id}-suggestions`, className: "people suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  (input.closest("div.max-w-2xl") ?? input.parentElement)?.append(list);
  return list;
}

function suggestCustomers(entry: EntryForm, form: HTMLFormElement, address: string): void {
  for (const name of ["customer_name", "customer_phone"]) {
    const input = form.querySelector<HTMLInputElement>(`[name=${name}]`);
    if (!input) continue;
    const list = suggestionList(input, t("earlierCustomers"));
    new CustomerCombobox(input, list, address, (values) => entry.fill(values)).listen();
  }
}

function suggestSkills(form: HTMLFormElement, known: string[]): void {
  const input = form.querySelector<HTMLInputElement>("[name=required_skills], [name=skills]");
  if (input) new SkillsCombobox(input, suggestionList(input, t("knownSkills")), known).listen();
}

document.addEventListener("DOMContentLoaded", () => {
  const head = document.querySelector<HTMLElement>("[data-entry]");
  const form = head?.closest("form");
  if (!head || !form) return;
  const entry = new EntryForm(form, dataValue(head, "entry"));
  if (head.dataset.customers) suggestCustomers(entry, form, head.dataset.customers);
  suggestSkills(form, JSON.parse(dataValue(head, "skills")) as string[]);
  entry.listen();
  // The browser does this by itself, but not always: not while the page of before still has the focus.
  form.querySelector<HTMLElement>("[autofocus]")?.focus();
});
