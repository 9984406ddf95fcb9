// Texts for people stand in the message catalog alone, so that they can be translated.

import ts from "typescript";
import { expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(
  ["../*/**/*.ts", "!../tests/**", "!../**/*.d.ts"],
  { query: "?raw", import: "default", eager: true },
);
const CATALOG = "/shared/locales/";

const TEXT_PROPERTIES = new Set(["textContent", "innerText", "innerHTML", "title", "placeholder", "alt", "ariaLabel"]);
const TEXT_ATTRIBUTES = new Set(["aria-label", "aria-description", "title", "placeholder", "alt"]);
const TEXT_FUNCTIONS = new Set(["toast", "toastWithUndo", "announce", "say", "alert", "confirm"]);
const CODE_PROPERTIES = new Set(["className"]);
// Three words in a row, or a capital and a mark at the end of a sentence: no selector or class looks like that.
const SENTENCE = /^[^#[\]{}=>*]*\p{L}+[,;]? \p{L}+[,;]? \p{L}+|^\p{Lu}.*[.!?…]$/u;

// The literal parts of an expression: `"a" + x`, `x ? "a" : "b"`, `${x} a`.
function literals(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return [...literals(node.left), ...literals(node.right)];
  return [];
}

const nameOf = (node: ts.Node): string => {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isIdentifier(node) ? node.text : "";
};

// Expressions that people see.
function shownExpressions(node: ts.Node): ts.Node[] {
  if (ts.isBinaryExpression(node) && TEXT_PROPERTIES.has(nameOf(node.left))) return [node.right];
  if (ts.isPropertyAssignment(node) && TEXT_PROPERTIES.has(nameOf(node.name))) return [node.initializer];
  if (!ts.isCallExpression(node)) return [];
  const [first, second] = node.arguments;
  if (TEXT_FUNCTIONS.has(nameOf(node.expression))) return first ? [first] : [];
  const isAttribute = nameOf(node.expression) === "setAttribute" && first && ts.isStringLiteral(first) && TEXT_ATTRIBUTES.has(first.text);
  return isAttribute && second ? [second] : [];
}

// Errors are for developers; imports and types are no texts.
const isCode = (node: ts.Node): boolean =>
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node) ||
  ts.isTypeNode(node) ||
  (ts.isNewExpression(node) && nameOf(node.expression) === "Error") ||
  (ts.isPropertyAssignment(node) && CODE_PROPERTIES.has(nameOf(node.name)));

function bareStrings(code: string): string[] {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (isCode(node)) return;
    for (const text of shownExpressions(node).flatMap(literals)) if (/\p{L}/u.test(text)) found.add(text);
    if (!ts.isBinaryExpression(node)) for (const text of literals(node)) if (SENTENCE.test(text)) found.add(text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", code, ts.ScriptTarget.ES2022, true));
  return [...found];
}

it.each([
  ['element.textContent = "Live";', ["Live"]],
  ['element.textContent = isLive ? "Live" : "Offline";', ["Live", "Offline"]],
  ["element.title = `Rank ${rank}`;", ["Rank "]],
  ['create("button", { ariaLabel: "Close" });', ["Close"]],
  ['element.setAttribute("aria-label", "Close");', ["Close"]],
  ['toast("Undone");', ["Undone"]],
  ['this.say(`Added ${days}`);', ["Added "]],
  ['const text = "The ranking has changed";', ["The ranking has changed"]],
  ['show("Reconnecting…");', ["Reconnecting…"]],
])("finds %s", (code, texts) => {
  expect(bareStrings(code)).toEqual(texts);
});

it.each([
  'element.textContent = t("live");',
  'element.textContent = "✕";',
  'create("div", { className: "pin candidate is chosen" });',
  'find("[data-part] ol li .new");',
  'throw new Error("The page has no board.");',
  'import { t } from "./a b c";',
])("accepts %s", (code) => {
  expect(bareStrings(code)).toEqual([]);
});

it("finds none outside the catalog", () => {
  const files = Object.entries(SOURCES).filter(([path]) => !path.includes(CATALOG));
  expect(files.length).toBeGreaterThan(20);
  const bare = files.flatMap(([path, code]) => bareStrings(code).map((text) => `${path}: ${text}`));
  expect(bare).toEqual([]);
});

it("every message of the catalog is used", () => {
  const code = Object.entries(SOURCES)
    .filter(([path]) => !path.includes(CATALOG))
    .map(([, text]) => text)
    .join("\n");
  const catalog = Object.entries(SOURCES).find(([path]) => path.includes(CATALOG))?.[1] ?? "";
  const keys = [...catalog.matchAll(/^ {2}(\w+): /gm)].map(([, key]) => key ?? "");
  expect(keys.length).toBeGreaterThan(20);
  expect(keys.filter((key) => !code.includes(`t("${key}"`))).toEqual([]);
});
