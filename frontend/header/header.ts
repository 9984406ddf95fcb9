// The header of every page: colors, menus, search, shortcuts, and the tour. Loaded before the page is drawn.

import { listenToMenus } from "./menus";
import { SearchBox } from "./search";
import { applyTheme, listenToTheme } from "./theme";
import { listenToTour } from "./tour";
import "./shortcuts";

applyTheme();
listenToTheme();
document.addEventListener("DOMContentLoaded", () => {
  applyTheme();
  listenToMenus();
  listenToTour();
  const form = document.querySelector<HTMLFormElement>("form[data-find]");
  if (form) new SearchBox(form).listen();
});
