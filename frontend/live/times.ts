// Times in the time zone of the browser; the server's text stays as a tooltip.

import { formatDateTime } from "../shared/formatting";

export function localizeTimes(root: ParentNode): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>("time:not([title])")) {
    time.title = time.textContent;
    time.textContent = formatDateTime(new Date(time.dateTime));
  }
}
