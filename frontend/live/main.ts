// The live page: listens to the event stream and reloads the partials that an event has changed.
// The server renders them; the page always shows what a reload would show.

import * as blockMenu from "./block-menu";
import * as boardFilters from "./board-filters";
import * as candidateRows from "./candidate-rows";
import * as connectionStatus from "./connection-status";
import * as drag from "./drag";
import { EventStream, type Envelope } from "./event-stream";
import * as hoverCard from "./hover-card";
import * as favorites from "./favorites";
import { isSignedIn } from "./http";
import { t } from "../shared/messages";
import { PAGE } from "./page";
import * as panel from "./panel";
import { ALL_PARTIALS, onBoardChange, onSignedOut, refresh, type PartialName } from "./partials";
import * as proposals from "./proposals";
import { RankingSubscription } from "./ranking-subscription";
import * as selection from "./selection";
import * as rowPaging from "./row-paging";
import { markLate, placeBoard, placeCurrentTime } from "./timeline";
import { showTimes } from "./times";
import { toast } from "./toasts";

// The partials that an event of a type changes; the first pattern that matches counts. Lanes are found by contractor.
const PARTIALS_BY_TYPE: [RegExp, PartialName[]][] = [
  [/^RecommendationsUpdated$/, []],
  [/^Job(Created|Updated|Cancelled|Reopened)$/, ["figures", "jobs", "feed"]],
  [/^JobAssigned$/, ["figures", "jobs", "feed"]],
  [/^Assignment(Cancelled|Started|Completed|Rescheduled)$/, ["figures", "jobs", "feed"]],
  // A plan changes the proposals on the board.
  [/^Plan(Ready|Accepted|Undone|Discarded|Expired)$/, ["feed", "board"]],
  [/^(ContractorCreated|ContractorUpdated|ScheduleUpdated|JobCompleted)$/, ["figures", "feed"]],
];
const OTHER_PARTIALS: PartialName[] = ["feed"];
const REFRESH_MS = 5 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

let mapModule: Promise<typeof import("./map")> | null = null;

function handleEvent({ type, data }: Envelope): void {
  const [, partials] = PARTIALS_BY_TYPE.find(([pattern]) => pattern.test(type)) ?? [null, OTHER_PARTIALS];
  // What changes a row changes the figures of all rows.
  if (typeof data.contractor_id === "string") refresh([...partials, "counts"], [data.contractor_id]);
  else refresh(partials);
  if (data.job_id === panel.currentJob()) panel.refresh();
  if (type === "PlanReady") proposals.announceReady(String(data.plan_id), String(data.plan_number));
}

function refreshAll(): void {
  refresh(ALL_PARTIALS);
  panel.refresh();
}

function showMap(): void {
  mapModule ??= import("./map");
  mapModule
    .then((map) => map.show())
    .catch(() => {
      mapModule = null; // the next attempt loads it again
      toast(t("mapFailed"), "refused");
    });
}

// The candidates of the job in the panel are the first rows of the board.
function showRanking(): void {
  const ranked = panel.currentRanking();
  if (!panel.currentJob()) void candidateRows.hideCandidates();
  else if (ranked) void candidateRows.showCandidates(ranked);
}

const stream = new EventStream(
  { after: PAGE.after, types: PAGE.eventTypes, heartbeatSeconds: PAGE.heartbeatSeconds, isSignedIn },
  {
    event: handleEvent,
    resync: refreshAll,
    live: (transport) => {
      if (connectionStatus.showLive(transport)) refreshAll();
    },
    lost: connectionStatus.showLost,
    signedOut: connectionStatus.showSignedOut,
  },
);
const ranking = new RankingSubscription(
  () => ({ after: stream.position, heartbeatSeconds: PAGE.heartbeatSeconds, isSignedIn }),
  { changed: panel.refresh, signedOut: connectionStatus.showSignedOut },
);

placeBoard();
showTimes();
document.documentElement.classList.add("scripted");
onSignedOut(connectionStatus.showSignedOut);
drag.listen();
blockMenu.listen();
hoverCard.listen();
proposals.listen();
selection.listen();
onBoardChange(selection.showSelection);
panel.listen();
panel.onChange(() => {
  void mapModule?.then((map) => map.showRanking());
});
boardFilters.listen((view) => {
  if (view === "map") showMap();
});
rowPaging.listen();
favorites.listen();
stream.open();
candidateRows.listen();
panel.onChange(showRanking);
panel.onChange(() => {
  boardFilters.selectJob(panel.currentJob());
});
panel.onChange(() => ranking.follow(panel.currentJob()));
ranking.follow(panel.currentJob());
setInterval(() => {
  placeCurrentTime();
  showTimes();
  if (markLate()) refresh(["counts"]);
}, MINUTE_MS);
// The end of a day is no event.
setInterval(() => {
  if (connectionStatus.isLive()) refreshAll();
}, REFRESH_MS);
