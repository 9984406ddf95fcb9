// What the page says about itself in its data attributes: addresses, permissions, and where its events begin.

import { dataValue } from "../shared/dom";

const { body } = document;

export const PAGE = {
  after: Number(dataValue(body, "after")),
  heartbeatSeconds: Number(dataValue(body, "heartbeat")),
  partialsUrl: dataValue(body, "live"),
  adminUrl: dataValue(body, "admin"),
  loginUrl: dataValue(body, "login"),
  eventTypes: dataValue(body, "types"),
  mayAssign: body.dataset.mayAssign !== undefined,
  mayRecommend: body.dataset.mayRecommend !== undefined,
  mayBreakWindows: body.dataset.mayBreakWindows !== undefined,
};
