// A list keeps its filters, its search and its order: the links in the header of a record lead back to it as it was left.

import { findAll } from "../shared/dom";

// The paths of an app and of the list of a model in it, at the start of the path of a page.
const RECORD_PAGE = /^((?:\/[\w-]+)*?\/admin\/\w+\/)(\w+\/)./;

const storageKey = (listPath: string): string => `list ${listPath}`;

export function rememberList(path: string, search: string): void {
  sessionStorage.setItem(storageKey(path), search);
}

// Points links from the page at `path` to its list at the address that was left last.
export function returnToList(path: string, links: HTMLAnchorElement[]): void {
  const [, appPath, model] = RECORD_PAGE.exec(path) ?? [];
  if (!appPath || !model) return;
  const search = sessionStorage.getItem(storageKey(appPath + model));
  for (const link of links) {
    const isToList = link.pathname === appPath || link.pathname === appPath + model;
    if (isToList && search !== null) link.href = appPath + model + search;
  }
}

export function keepListFilters(): void {
  if (document.getElementById("changelist")) rememberList(location.pathname, location.search);
  else returnToList(location.pathname, findAll<HTMLAnchorElement>("#header-inner a"));
}
