// A page on another origin: sign in, open jobs, ranking, booking, live updates. See docs/single-page-programs.md.
// Types: openapi-typescript docs/openapi.yaml -o api.d.ts

import type { components } from "./api";

type Schemas = components["schemas"];
type Problem = Schemas[Extract<keyof Schemas, `${string}Problem`>]; // told apart by `type`
type Tokens = Pick<Schemas["Pair"], "access" | "refresh">;

const HOST = new URLSearchParams(location.search).get("server") ?? "http://localhost:8000";
const API = `${HOST}/api/v1`;
const LISTED = "JobCreated,JobUpdated,JobAssigned,JobCancelled,JobReopened,JobCompleted,AssignmentCancelled";

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

// --- Sign-in: all tabs of this origin share the tokens, and one of them refreshes while the others wait -------------

const stored = (): Tokens | null => JSON.parse(localStorage.getItem("tokens") ?? "null") as Tokens | null;

function store({ access, refresh }: Tokens): void {
  localStorage.setItem("tokens", JSON.stringify({ access, refresh }));
}

function signedOut(): void {
  localStorage.removeItem("tokens");
  show(element("sign-in"), true);
  show(element("work"), false);
}

async function refresh(rejected: string): Promise<void> {
  await navigator.locks.request("smartscheduler-refresh", async () => {
    const tokens = stored();
    if (!tokens || tokens.access !== rejected) return; // signed out, or another tab was faster
    const response = await send("POST", "/auth/refresh/", { refresh: tokens.refresh });
    if (response.ok) store((await response.json()) as Schemas["Pair"]);
    else if (response.status === 401) signedOut();
  });
}

function send(method: string, path: string, body?: unknown, key?: string): Promise<Response> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  const access = stored()?.access;
  if (access && !path.startsWith("/auth/refresh/")) headers.Authorization = `Bearer ${access}`;
  if (key) headers["Idempotency-Key"] = key;
  return fetch(API + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

// Repeats a request once with fresh tokens, and a request with a key also after a lost answer: it books nothing twice.
async function call<Answer>(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
  const access = stored()?.access ?? "";
  let response = await send(method, path, body, key).catch((error: unknown) => {
    if (key) return send(method, path, body, key);
    throw error;
  });
  if (response.status === 401 && access) {
    await refresh(access);
    if (!stored()) throw new Error("Sign in again.");
    response = await send(method, path, body, key);
  }
  if (!response.ok) throw new Refused((await response.json()) as Problem);
  return (await response.json()) as Answer;
}

// --- Live updates: the socket resumes behind the last number that it has seen ---------------------------------------

type Frame =
  | { event: Schemas["Envelope"] }
  | { ready: number }
  | { heartbeat: number }
  | { resync: number }
  | { error: Problem };

let position: number | null = null;

async function follow(changed: () => void): Promise<void> {
  for (let pause = 500; stored(); pause = Math.min(2 * pause, 30_000)) {
    try {
      const { ticket } = await call<Schemas["Ticket"]>("POST", "/auth/ws-ticket/");
      const after = position === null ? "" : `&after=${String(position)}`;
      const url = `${HOST.replace("http", "ws")}/ws/events/?types=${LISTED}${after}`;
      await listen(new WebSocket(url, ["events.v1", `ticket.${ticket}`]), changed, () => (pause = 500));
    } catch (error) {
      if (error instanceof Refused && error.problem.status === 403) return; // another attempt gets the same answer
    }
    say("connection", "Reconnecting …");
    await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random())));
  }
}

function listen(socket: WebSocket, changed: () => void, live: () => void): Promise<void> {
  return new Promise((closed) => {
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      if ("error" in frame) return;
      if ("event" in frame) position = frame.event.sequence;
      else position = "ready" in frame ? frame.ready : "heartbeat" in frame ? frame.heartbeat : frame.resync;
      if ("ready" in frame) {
        say("connection", "Live");
        live();
      }
      if ("event" in frame || "resync" in frame) changed();
    };
    socket.onclose = () => {
      closed();
    };
  });
}

// --- The page -------------------------------------------------------------------------------------------------------

function element(id: string): HTMLElement {
  const part = document.getElementById(id);
  if (!part) throw new Error(`The page has no #${id}.`);
  return part;
}

const say = (id: string, text: string): void => {
  element(id).textContent = text;
};
const show = (part: HTMLElement, isShown: boolean): void => {
  part.hidden = !isShown;
};

function row(list: HTMLElement, text: string, label: string, act: () => Promise<void>): void {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.textContent = label;
  button.onclick = () => {
    button.disabled = true;
    act().catch(report).finally(() => (button.disabled = false));
  };
  item.append(`${text} `, button);
  list.append(item);
}

const report = (error: unknown): void => {
  say("message", error instanceof Error ? error.message : String(error));
};

async function listJobs(): Promise<void> {
  const query = "?status=open&ordering=-created_at&page_size=20";
  const { results } = await call<Schemas["PaginatedJobList"]>("GET", `/jobs/${query}`);
  element("jobs").replaceChildren();
  for (const job of results) {
    row(element("jobs"), `${job.job_number}, ${job.type} in ${job.location.city}`, "Rank", () => rank(job));
  }
}

async function rank(job: Pick<Schemas["Job"], "id" | "job_number">): Promise<void> {
  const ranking = await call<Schemas["Ranking"]>("GET", `/jobs/${job.id}/recommendations/?max_results=5`);
  say("ranked", job.job_number);
  element("ranking").replaceChildren();
  for (const { contractor, rank: place, suggested_time_slot: slot } of ranking.recommendations) {
    if (!slot) continue;
    const key = crypto.randomUUID(); // one for each booking, however often its button is clicked
    const wish = { job: job.id, contractor: contractor.id, start: slot.start, ranking_token: ranking.ranking_token ?? "" };
    const text = `${String(place)}. ${contractor.name}, ${new Date(slot.start).toLocaleString()}`;
    row(element("ranking"), text, "Book", () => book(job, wish, key));
  }
}

async function book(
  job: Pick<Schemas["Job"], "id" | "job_number">,
  wish: Pick<Schemas["NewAssignmentRequest"], "job" | "contractor" | "start" | "ranking_token">,
  key: string,
): Promise<void> {
  try {
    const booked = await call<Schemas["Assignment"]>("POST", "/assignments/", wish, key);
    say("message", `${job.job_number} is booked: ${booked.status}.`);
    element("ranking").replaceChildren();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say("message", error.message);
    if (error.problem.type === "/problems/ranking-stale") await rank(job);
  }
}

function work(): void {
  show(element("sign-in"), false);
  show(element("work"), true);
  const changed = (): void => void listJobs().catch(report);
  changed();
  void follow(changed);
}

element("sign-in").onsubmit = (event) => {
  event.preventDefault();
  const account = Object.fromEntries(new FormData(element("sign-in") as HTMLFormElement));
  const signedIn = call<Schemas["Pair"]>("POST", "/auth/login/", account);
  signedIn.then((pair) => { store(pair); work(); }).catch(report);
};
if (stored()) work();
