// Confirmation in place: the first click on a button asks, the second one submits the form.

import { find, findAll, targetOf } from "../shared/dom";
import { READ_EVENT } from "./typed-dates";
import type { Understood } from "./understood";

type Step = "choose" | "confirm";

// What the server reads from a typed start: the slot, its differences from the desired date, and whether it is outside
// the arrival window.
interface StartReading extends Understood {
  when?: string;
  note?: string;
  apart?: string;
  breaks_window?: boolean;
}

const stepOf = (form: HTMLFormElement, step: Step): HTMLElement | null => form.querySelector<HTMLElement>(`[data-step="${step}"]`);

const selectedOption = (form: HTMLFormElement): HTMLInputElement | null =>
  form.querySelector<HTMLInputElement>("input[type=radio]:checked:not(:disabled)");

// The selected time in words; empty without a selection, and for a typed time that the server has not read yet.
const selectedTime = (form: HTMLFormElement): string => selectedOption(form)?.dataset.when ?? "";

// The question names the time, and how it differs from what the customer asked for or was told.
function updateQuestion(form: HTMLFormElement): void {
  const button = stepOf(form, "choose")?.querySelector<HTMLElement>("[data-apart]");
  if (button) button.textContent = apartText(selectedOption(form)?.dataset.apart);
  const question = stepOf(form, "confirm");
  if (!question) return;
  find("[data-when]", question).textContent = selectedTime(form);
  const note = find("[data-note]", question);
  note.textContent = selectedOption(form)?.dataset.note ?? "";
  note.hidden = !note.textContent;
  updateBreak(form, question);
}

// The reason for a start outside the promised arrival window is asked, and required, in this step and for such a start
// only. Without the permission there is no field, and nothing to confirm.
function updateBreak(form: HTMLFormElement, question: HTMLElement): void {
  const section = question.querySelector<HTMLElement>("[data-break-window]");
  if (!section) return;
  section.hidden = selectedOption(form)?.dataset.breaksWindow === undefined;
  const reason = section.querySelector<HTMLInputElement>("[name=window_break_reason]");
  if (reason) reason.disabled = section.hidden || question.hidden;
  find<HTMLButtonElement>("[name=confirmed]", question).disabled = !section.hidden && !reason;
}

// Enter in a reason confirms; the browser would press the first button of the form.
function handleEnter(event: KeyboardEvent): void {
  const field = targetOf(event);
  if (event.key !== "Enter" || !field?.matches("[name=override_reason], [name=window_break_reason]")) return;
  event.preventDefault();
  field.closest("form")?.querySelector<HTMLElement>("[data-step=confirm]:not([hidden]) [name=confirmed]")?.click();
}

// The difference from the desired date, after the label of a button.
const apartText = (apart: string | undefined): string => (apart ? `: ${apart}` : "");

function showDifferences(): void {
  for (const form of findAll<HTMLFormElement>("[data-asks]")) updateQuestion(form);
}

function goToStep(form: HTMLFormElement, step: Step): void {
  const [choose, confirm] = [stepOf(form, "choose"), stepOf(form, "confirm")];
  if (!choose || !confirm) return;
  choose.hidden = step === "confirm";
  confirm.hidden = step === "choose";
  updateQuestion(form);
  const button = step === "confirm" ? find("[name=confirmed]", confirm) : find("[type=submit]", choose);
  button.focus();
}

function handleSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const isConfirmed = event.submitter?.getAttribute("name") === "confirmed";
  if (!form.matches("[data-asks]") || isConfirmed) return;
  // Without a time the server says what is missing; a time that is not read yet is asked about on a page of its own.
  if (!selectedTime(form) || !stepOf(form, "confirm")) return;
  event.preventDefault();
  goToStep(form, "confirm");
}

function handleClick(event: MouseEvent): void {
  // The second half of a double click does not answer a question that was not read.
  if (event.detail > 1 && targetOf(event)?.closest("[name=confirmed]")) event.preventDefault();
  const form = targetOf(event)?.closest("[data-back]")?.closest("form");
  if (form) goToStep(form, "choose");
}

function handleChange(event: Event): void {
  const field = targetOf(event);
  const form = field?.closest<HTMLFormElement>("[data-asks]");
  if (!field || !form) return;
  updateQuestion(form);
}

const typedOption = (form: HTMLFormElement): HTMLInputElement | null =>
  form.querySelector<HTMLInputElement>("input[type=radio][value=typed]");

// Typing a time selects it; what it means is known after the server has read it.
function handleInput(event: Event): void {
  const field = targetOf(event);
  const form = field?.matches("[data-reads]") ? field.closest<HTMLFormElement>("[data-asks]") : null;
  if (form) setTypedTime(form, null);
}

function handleReading(event: Event): void {
  const form = targetOf(event)?.closest<HTMLFormElement>("[data-asks]");
  if (form) setTypedTime(form, (event as CustomEvent<StartReading | null>).detail);
}

function setTypedTime(form: HTMLFormElement, reading: StartReading | null): void {
  const option = typedOption(form);
  if (!option) return;
  option.checked = true;
  Object.assign(option.dataset, { when: reading?.when ?? "", note: reading?.note ?? "", apart: reading?.apart ?? "" });
  option.toggleAttribute("data-breaks-window", reading?.breaks_window === true);
  updateQuestion(form);
}

function handleEscape(event: KeyboardEvent): void {
  const form = event.key === "Escape" ? targetOf(event)?.closest<HTMLFormElement>("[data-asks]") : null;
  if (form && stepOf(form, "confirm")?.hidden === false) goToStep(form, "choose");
}

export function listenToConfirmation(): void {
  document.addEventListener("submit", handleSubmit);
  document.addEventListener("click", handleClick);
  document.addEventListener("change", handleChange);
  document.addEventListener("input", handleInput);
  document.addEventListener(READ_EVENT, handleReading);
  document.addEventListener("keydown", handleEscape);
  document.addEventListener("keydown", handleEnter);
  document.addEventListener("htmx:afterSwap", showDifferences);
  showDifferences();
  // The Back button shows a page as it was left, with a question that may be out of date.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
