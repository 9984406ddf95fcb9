// The proposals of a plan on the board: each has a menu that accepts it, with what belongs to it.

import { create, dataValue, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { acceptProposal } from "./actions";
import { showChange } from "./booking";
import { openMenu, type MenuItem } from "./menu";
import { PAGE } from "./page";
import { refresh } from "./partials";
import { toast, toastError } from "./toasts";

const planUrl = (plan: string): string => `${PAGE.adminUrl}planning/plan/${plan}/change/`;

async function accept(block: HTMLElement): Promise<void> {
  const contractor = block.closest<HTMLElement>("[data-lane]")?.dataset.lane;
  try {
    const { accepted, stale } = await acceptProposal(dataValue(block, "plan"), Number(dataValue(block, "proposal")));
    if (accepted) toast(t("proposalAccepted", { count: accepted }));
    for (const { job, reason } of stale) toast(t("proposalStale", { job, reason }), "refused");
  } catch (error) {
    toastError(error);
  }
  showChange(contractor ? [contractor] : []);
  // The rest of the bundle is in other rows.
  if (dataValue(block, "bundleSize") !== "1") refresh(["board"]);
}

export function menuItems(block: HTMLElement): MenuItem[] {
  const plan = dataValue(block, "plan");
  const others = Number(dataValue(block, "bundleSize")) - 1;
  const text = others ? t("proposalAcceptBundle", { count: others }) : t("proposalAccept");
  return [
    ...(PAGE.mayAssign ? [{ text, act: () => void accept(block) }] : []),
    { text: t("openPlan"), href: `${planUrl(plan)}#item-${dataValue(block, "proposal")}` },
    { text: t("openJobPage"), href: `${PAGE.adminUrl}jobs/job/${dataValue(block, "job")}/change/` },
  ];
}

// A plan has been made while the board was open.
export function announceReady(plan: string, number: string): void {
  const box = toast(t("planReady", { plan: number }));
  box.querySelector("p")?.append(" ", create("a", { href: planUrl(plan), textContent: t("openPlan") }));
}

export function listen(): void {
  document.addEventListener("click", (event) => {
    const block = targetOf(event)?.closest<HTMLElement>(".proposal");
    if (!block) return;
    const box = block.getBoundingClientRect();
    openMenu(t("proposalActions", { job: dataValue(block, "number") }), menuItems(block), { x: box.left, y: box.bottom }, block);
  });
}
