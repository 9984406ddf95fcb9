// Texts for users, in the language of the page. `t("jobAssigned", { job, contractor })`: keys and placeholders are
// checked by the compiler.

import { formatNumber, language } from "./formatting";
import { en } from "./locales/en";

type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type English = typeof en;
export type MessageKey = keyof English;
export type Catalog = Record<MessageKey, string | PluralForms>;

type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type NamesIn<Message> = Message extends string ? Placeholders<Message> : Placeholders<Message[keyof Message]> | "count";
type Values<Names extends string> = { [Name in Names]: Name extends "count" ? number : string | number };
type Arguments<Key extends MessageKey> = [NamesIn<English[Key]>] extends [never] ? [] : [values: Values<NamesIn<English[Key]>>];

// One entry for each language; the type makes sure that a translation is complete.
const CATALOGS: Partial<Record<string, Catalog>> = { en };

export function catalogFor(tag: string): Catalog {
  return CATALOGS[tag.toLowerCase()] ?? CATALOGS[tag.toLowerCase().split("-", 1)[0] ?? ""] ?? en;
}

export function format(message: string | PluralForms, values: Partial<Record<string, string | number>>, tag: string): string {
  const text = typeof message === "string" ? message : pluralForm(message, Number(values.count), tag);
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name] ?? placeholder;
    return typeof value === "number" ? formatNumber(value, tag) : value;
  });
}

function pluralForm(forms: PluralForms, count: number, tag: string): string {
  return forms[new Intl.PluralRules(tag).select(count)] ?? forms.other;
}

export function t<Key extends MessageKey>(key: Key, ...[values]: Arguments<Key>): string {
  return format(catalogFor(language())[key], values ?? {}, language());
}
