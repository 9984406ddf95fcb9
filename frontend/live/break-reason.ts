// The question why a booking starts outside the arrival window that was promised to the customer. The reason is required.

import { create } from "../shared/dom";
import { t } from "../shared/messages";
import { ask, field } from "./dialogs";

const MAX_CHARACTERS = 500;

// `refusal` and `notice` are sentences of the server: why, and whether the customer gets a message. Resolves to the reason,
// or to `null` when the choice is taken back.
export async function askBreakReason(job: string, refusal: string, notice: string): Promise<string | null> {
  const reason = create("input", { type: "text", required: true, maxLength: MAX_CHARACTERS, autocomplete: "off" });
  const text = create("p", { textContent: refusal });
  const note = create("p", { textContent: notice, hidden: !notice });
  const question = ask(t("breakQuestion", { job }), [text, field(t("breakReason"), reason), note], t("breakWindow"));
  reason.focus();
  return (await question.answer) ? reason.value.trim() : null;
}
