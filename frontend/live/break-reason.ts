// The question why a booking starts outside the arrival window that was promised to the customer. The reason is required.

import { create } from "../shared/dom";
import { t } from "../shared/messages";
import { ask, field } from "./dialogs";

const MAX_CHARACTERS = 500;

// `refusal` is the sentence of the server. Resolves to the reason, or to `null` when the choice is taken back.
export async function askBreakReason(job: string, refusal: string): Promise<string | null> {
  const reason = create("input", { type: "text", required: true, maxLength: MAX_CHARACTERS, autocomplete: "off" });
  const text = create("p", { textContent: refusal });
  const question = ask(t("breakQuestion", { job }), [text, field(t("breakReason"), reason)], t("breakWindow"));
  reason.focus();
  return (await question.answer) ? reason.value.trim() : null;
}
