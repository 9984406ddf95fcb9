// The live page: listens to the event stream and reads the parts that an event has changed.
// The server draws them; what is shown is always what a reload would show.

import * as board from "./board";
import * as carry from "./carry";
import * as connection from "./connection";
import { tell } from "./acts";
import { PAGE, fetchHtml, SignedOut } from "./page";
import * as panel from "./panel";
import { EVERY_PART, localise, refresh, whenSignedOut, type Part } from "./parts";
import { EventStream, type Envelope } from "./stream";
import { placeBoard, showNow } from "./timeline";

// Which parts an event of a type changes; the first line that fits counts. Lanes are found by the contractor.
const PARTS_OF: [RegExp, Part[]][] = [
  [/^RecommendationsUpdated$/, []],
  [/^Job(Created|Updated|Cancelled|Reopened)$/, ["figures", "jobs", "feed"]],
  [/^JobAssigned$/, ["figures", "jobs", "feed"]],
  [/^Assignment(Cancelled|Started|Completed|Rescheduled)$/, ["figures", "jobs", "feed"]],
  [/^(ContractorCreated|ContractorUpdated|ScheduleUpdated|JobCompleted)$/, ["figures", "feed"]],
  [/./, ["feed"]],
];
const REFRESH_MS = 5 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

let maps: Promise<typeof import("./map")> | null = null;

function happened({ type, data }: Envelope): void {
  const contractor = data.contractor_id;
  refresh(PARTS_OF.find(([pattern]) => pattern.test(type))![1], typeof contractor === "string" ? [contractor] : []);
  if (data.job_id === panel.shownJob()) panel.refresh();
}

function everything(): void {
  refresh(EVERY_PART);
  panel.refresh();
}

async function isSignedIn(): Promise<boolean> {
  try {
    await fetchHtml("", new URLSearchParams());
    return true;
  } catch (error) {
    return !(error instanceof SignedOut); // no answer at all is no answer to this question
  }
}

function showMap(): void {
  maps ??= import("./map");
  maps.then((map) => map.show()).catch(() => {
    maps = null; // so that it is tried again
    tell("The map could not be loaded. Show it again when the connection is back.", "refused");
  });
}

// One booking changes the rankings of many jobs: of these the page hears for the job in the panel alone.
let followed: string | null = null;
let ranking: EventStream | null = null;

function followRanking(): void {
  const job = panel.shownJob();
  if (job === followed) return;
  followed = job;
  ranking?.close();
  ranking = job ? rankingOf(job) : null;
  ranking?.open();
}

function rankingOf(job: string): EventStream {
  let wasLost = false;
  const asked = { after: stream.position, types: "RecommendationsUpdated", topics: `job:${job}`, heartbeatSeconds, isSignedIn };
  return new EventStream(asked, {
    event: panel.refresh,
    resync: panel.refresh,
    live: () => {
      if (wasLost) panel.refresh();
      wasLost = false;
    },
    lost: () => (wasLost = true),
    signedOut: connection.signedOut,
  });
}

placeBoard();
localise(document);
document.documentElement.classList.add("scripted");
whenSignedOut(connection.signedOut);
carry.listen();
panel.listen();
panel.whenShown(() => void maps?.then((map) => map.showChosen()));
board.listen((view) => {
  if (view === "map") showMap();
});
const { after, types, heartbeatSeconds } = PAGE;
const stream = new EventStream({ after, types, heartbeatSeconds, isSignedIn }, {
  event: happened,
  resync: everything,
  live: (how) => connection.live(how) && everything(),
  lost: connection.lost,
  signedOut: connection.signedOut,
});
stream.open();
panel.whenShown(followRanking);
if (panel.shownJob()) followRanking();
setInterval(showNow, MINUTE_MS);
// Days end without an event.
setInterval(() => connection.isLive() && everything(), REFRESH_MS);
