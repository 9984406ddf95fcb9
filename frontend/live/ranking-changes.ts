// What differs between two versions of a ranking, in words.

import { formatList } from "../shared/formatting";
import { t } from "../shared/messages";

export interface RankedContractor {
  id: string;
  name: string;
  rank: string;
}

const MAX_CHANGES = 4;

// One phrase for each contractor who left, entered or moved; those who left come first.
export function rankingChanges(before: RankedContractor[], after: RankedContractor[]): string[] {
  const previousRanks = new Map(before.map(({ id, rank }) => [id, rank]));
  const currentIds = new Set(after.map(({ id }) => id));
  const left = before.filter(({ id }) => !currentIds.has(id)).map(({ name }) => t("rankLeft", { contractor: name }));
  const changed = after
    .filter(({ id, rank }) => previousRanks.get(id) !== rank)
    .map(({ id, name, rank }) => {
      const previous = previousRanks.get(id);
      return previous === undefined
        ? t("rankEntered", { contractor: name, rank })
        : t("rankMoved", { contractor: name, from: previous, to: rank });
    });
  return [...left, ...changed];
}

// A sentence with the first changes, and how many more there are.
export function changesText(changes: string[]): string {
  const more = changes.length - MAX_CHANGES;
  const phrases = more > 0 ? [...changes.slice(0, MAX_CHANGES), t("moreChanges", { count: more })] : changes;
  return t("rankingChanged", { changes: formatList(phrases) });
}
