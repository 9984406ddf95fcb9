// The day sheet of a contractor: its Print button.

import { find } from "../shared/dom";

const button = find("[data-print]");
button.hidden = false;
button.addEventListener("click", () => {
  print();
});
