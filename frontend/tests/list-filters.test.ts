import { beforeEach, describe, expect, it } from "vitest";

import { rememberList, returnToList } from "../backoffice/list-filters";
import { find } from "../shared/dom";

const LIST = "/admin/jobs/job/";
let link: HTMLAnchorElement;

beforeEach(() => {
  sessionStorage.clear();
  document.body.innerHTML = '<a href="/admin/jobs/">Jobs</a>';
  link = find<HTMLAnchorElement>("a");
});

const target = (): string => link.pathname + link.search;

describe("the link to the list", () => {
  it("leads back to the filters that were left", () => {
    rememberList(LIST, "?status__exact=open&p=2");
    returnToList(`${LIST}5b/recommend/`, [link]);
    expect(target()).toBe(`${LIST}?status__exact=open&p=2`);
  });

  it("stays as it is without a visit of the list", () => {
    returnToList(`${LIST}5b/change/`, [link]);
    expect(target()).toBe("/admin/jobs/");
  });

  it("stays as it is on pages of another model, and on the list itself", () => {
    rememberList(LIST, "?q=austin");
    returnToList("/admin/contractors/contractor/5b/change/", [link]);
    returnToList(LIST, [link]);
    expect(target()).toBe("/admin/jobs/");
  });
});
