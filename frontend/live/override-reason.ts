// The question why a contractor is chosen who is not the first of the ranking. The reason is optional.

import { create } from "../shared/dom";
import { t } from "../shared/messages";
import { ask, field } from "./dialogs";

const MAX_CHARACTERS = 500;

export interface Override {
  job: string;
  contractor: string;
  // How the start differs from the desired date; empty without a difference.
  apart: string;
}

export const isAsking = (): boolean => document.querySelector("dialog[open]") !== null;

// Resolves to the reason, which may be empty, or to `null` when the choice is taken back.
export async function askOverrideReason({ job, contractor, apart }: Override): Promise<string | null> {
  const difference = apart && t("startDiffers", { difference: apart });
  const note = create("p", { className: "differs", textContent: difference, hidden: !difference });
  const reason = create("input", { type: "text", maxLength: MAX_CHARACTERS, autocomplete: "off" });
  const heading = t("overrideQuestion", { job, contractor });
  const question = ask(heading, [note, field(t("overrideReason"), reason)], t("overrideChoose", { contractor }));
  reason.focus();
  return (await question.answer) ? reason.value.trim() : null;
}
