// Calls every operation of the API with a client whose types are generated from the schema, so `npm run check` checks
// each request and each field that is read. Prints a JSON line for each response: method, path in the schema, status
// and body.
//
//     node every-operation.js <url> <password> <started assignment> <confirmed assignment> <running plan> <ready plan>

import createClient from "openapi-fetch";

import type { components, paths } from "../live/schema";

type Schemas = components["schemas"];

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [url = "", password = "", started = "", confirmed = "", runningPlan = "", readyPlan = ""] = process.argv.slice(2);
// Own to this run, so that it can be repeated.
const run = crypto.randomUUID().slice(0, 8);
const SKILL = `Typed client ${run}`;
const MONDAY = "2030-03-04";
const [EIGHT, TEN] = [`${MONDAY}T14:00:00Z`, `${MONDAY}T16:00:00Z`];
const REFERENCE = { params: { path: { source: "typed", external_id: `${run}/1` } } };
const REASON = { reason: "Only a test" };

const location = {
  latitude: 30.2672,
  longitude: -97.7431,
  address: "100 Congress Avenue",
  city: "Austin",
  state: "TX" as const,
  zip_code: "78701",
};
const job: Schemas["JobRequest"] = {
  type: "tile",
  desired_date: EIGHT,
  duration: "02:00:00",
  required_skills: [SKILL],
  location,
};
const contractor = (name: string): Schemas["ContractorRequest"] => ({
  name,
  type: "tile",
  phone_number: "(512) 555-0143",
  email: `${name.toLowerCase()}-${run}@typed.example.com`,
  skills: [SKILL],
  location,
  working_hours: [{ day_of_week: 1, start_time: "08:00", end_time: "17:00" }],
});

let token = "";
const api = createClient<paths>({ baseUrl: url });
api.use({
  onRequest({ request }) {
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
  },
  async onResponse({ request, schemaPath, response }) {
    const text = await response.clone().text();
    const isJson = response.headers.get("Content-Type")?.includes("json");
    const sent: unknown = isJson ? JSON.parse(text) : text;
    process.stdout.write(`${JSON.stringify({ method: request.method, path: schemaPath, status: response.status, sent })}\n`);
  },
});

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

// What the client makes of the response; a problem ends the program.
async function read<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Error(`${response.url}: ${JSON.stringify(error)}`);
  return data as Data;
}

const at = (id: string) => ({ params: { path: { id } } });

async function contractors() {
  const cleo = await read(api.POST("/api/v1/contractors/", { body: contractor("Cleo") }));
  await read(api.GET("/api/v1/contractors/", { params: { query: { status: ["active"], min_rating: 0 } } }));
  await read(api.GET("/api/v1/contractors/{id}/", at(cleo.id)));
  await read(api.PUT("/api/v1/contractors/{id}/", { ...at(cleo.id), body: contractor("Cleo") }));
  await read(api.PATCH("/api/v1/contractors/{id}/", { ...at(cleo.id), body: { service_radius_miles: 40 } }));
  await read(api.POST("/api/v1/contractors/{id}/rate/", { ...at(cleo.id), body: { rating: 4.5 } }));
  await read(api.POST("/api/v1/contractors/{id}/mark-on-leave/", at(cleo.id)));
  await read(api.POST("/api/v1/contractors/{id}/activate/", at(cleo.id)));
  const body = { start: "2030-04-01T14:00:00Z", end: "2030-04-02T14:00:00Z", kind: "holiday" as const };
  const absence = await read(api.POST("/api/v1/contractors/{id}/absences/", { ...at(cleo.id), body }));
  await read(api.GET("/api/v1/contractors/{id}/absences/", at(cleo.id)));
  const path = { id: cleo.id, absence_id: absence.id };
  await read(api.DELETE("/api/v1/contractors/{id}/absences/{absence_id}/", { params: { path } }));
  await read(api.GET("/api/v1/contractors/{id}/schedule/", at(cleo.id)));
  await read(api.POST("/api/v1/contractors/{id}/deactivate/", at(cleo.id)));
  await read(api.POST("/api/v1/contractors/{id}/activate/", at(cleo.id)));
  await read(api.DELETE("/api/v1/contractors/{id}/", at(cleo.id)));
  await read(api.PUT("/api/v1/contractors/by-ref/{source}/{external_id}/", { ...REFERENCE, body: { ...contractor("Clea"), skills: [] } }));
  await read(api.GET("/api/v1/contractors/by-ref/{source}/{external_id}/", REFERENCE));
}

async function jobs() {
  const header = { "Idempotency-Key": crypto.randomUUID() };
  const { id } = await read(api.POST("/api/v1/jobs/", { params: { header }, body: job }));
  await read(api.GET("/api/v1/jobs/", { params: { query: { status: ["open"], page_size: 2 } } }));
  await read(api.GET("/api/v1/jobs/{id}/", at(id)));
  await read(api.PUT("/api/v1/jobs/{id}/", { ...at(id), body: job }));
  await read(api.PATCH("/api/v1/jobs/{id}/", { ...at(id), body: { priority: "high" } }));
  await read(api.POST("/api/v1/jobs/{id}/window/", { ...at(id), body: { start: EIGHT, end: TEN } }));
  await read(api.DELETE("/api/v1/jobs/{id}/window/", at(id)));
  await read(api.POST("/api/v1/jobs/{id}/cancel/", { ...at(id), body: REASON }));
  const rows = await read(api.POST("/api/v1/jobs/bulk/", { body: { rows: [job] } }));
  const cancel = { id: rows.results[0]?.body?.id ?? "", action: "cancel" as const, ...REASON };
  await read(api.POST("/api/v1/jobs/bulk-status/", { body: { rows: [cancel] } }));
  await read(api.PUT("/api/v1/jobs/by-ref/{source}/{external_id}/", { ...REFERENCE, body: job }));
  await read(api.GET("/api/v1/jobs/by-ref/{source}/{external_id}/", REFERENCE));
}

async function customers() {
  const phones = [{ number: "(512) 555-0177" }];
  const { id } = await read(api.POST("/api/v1/customers/", { body: { name: "Kit Gray", phones } }));
  const twin = await read(api.POST("/api/v1/customers/", { body: { name: "Kit Grey", phones } }));
  await read(api.GET("/api/v1/customers/", { params: { query: { search: "0177", page_size: 2 } } }));
  await read(api.GET("/api/v1/customers/{id}/", at(id)));
  await read(api.PUT("/api/v1/customers/{id}/", { ...at(id), body: { name: "Kit Gray", phones } }));
  await read(api.PATCH("/api/v1/customers/{id}/", { ...at(id), body: { company: "Gray" } }));
  await read(api.PUT("/api/v1/customers/by-ref/{source}/{external_id}/", { ...REFERENCE, body: { name: "Kit Ray", phones } }));
  await read(api.GET("/api/v1/customers/by-ref/{source}/{external_id}/", REFERENCE));
  await read(api.GET("/api/v1/customers/{id}/duplicates/", at(id)));
  await read(api.POST("/api/v1/customers/{id}/merge/", { ...at(id), body: { other: twin.id } }));
}

async function assignments() {
  const dora = await read(api.POST("/api/v1/contractors/", { body: contractor("Dora") }));
  await read(api.POST("/api/v1/contractors/", { body: contractor("Emil") }));
  const first = await read(api.POST("/api/v1/jobs/", { body: job }));
  const availability = { path: { id: dora.id }, query: { job: first.id } };
  await read(api.GET("/api/v1/contractors/{id}/availability/", { params: availability }));
  const ranking = await read(api.GET("/api/v1/jobs/{id}/recommendations/", at(first.id)));
  const [best = "", other = ""] = ranking.recommendations.map((entry) => entry.contractor.id);
  const path = { id: first.id, contractor_id: best };
  await read(api.GET("/api/v1/jobs/{id}/recommendations/{contractor_id}/", { params: { path } }));
  await read(api.POST("/api/v1/recommendations/", { body: job }));
  await read(api.POST("/api/v1/recommendations/batch/", { body: { jobs: [first.id], max_results: 2 } }));
  const booking = { job: first.id, contractor: best, start: EIGHT };
  const { id } = await read(api.POST("/api/v1/assignments/", { body: booking }));
  await read(api.GET("/api/v1/assignments/", { params: { query: { page_size: 2 } } }));
  await read(api.GET("/api/v1/assignments/{id}/", at(id)));
  await read(api.POST("/api/v1/assignments/{id}/confirm/", at(id)));
  await read(api.POST("/api/v1/assignments/{id}/reschedule/", { ...at(id), body: { start: TEN } }));
  const change = { contractor: other, start: TEN };
  const moved = await read(api.POST("/api/v1/assignments/{id}/reassign/", { ...at(id), body: change }));
  const second = await read(api.POST("/api/v1/jobs/", { body: job }));
  const another = { job: second.id, contractor: best, start: TEN };
  const swap = { other: (await read(api.POST("/api/v1/assignments/", { body: another }))).id };
  const swapped = await read(api.POST("/api/v1/assignments/{id}/swap/", { ...at(moved.id), body: swap }));
  await read(api.POST("/api/v1/assignments/{id}/cancel/", { ...at(swapped.id), body: REASON }));
  const third = await read(api.POST("/api/v1/jobs/", { body: job }));
  const row = { job: third.id, contractor: best, start: EIGHT };
  const booked = await read(api.POST("/api/v1/assignments/bulk/", { body: { rows: [row] } }));
  const confirm = { id: booked.results[0]?.body?.id ?? "", action: "confirm" as const };
  await read(api.POST("/api/v1/assignments/bulk-status/", { body: { rows: [confirm] } }));
  const begun = await read(api.POST("/api/v1/assignments/{id}/start/", at(confirmed)));
  const until = new Date(Date.parse(begun.time_slot.end) + 3_600_000).toISOString();
  await read(api.POST("/api/v1/assignments/{id}/running-late/", { ...at(confirmed), body: { until } }));
  await read(api.POST("/api/v1/assignments/{id}/complete/", at(started)));
  await read(api.POST("/api/v1/assignments/{id}/rate/", { ...at(started), body: { rating: 5 } }));
}

async function plans() {
  const { id: open } = await read(api.POST("/api/v1/jobs/", { body: job }));
  const scope = { jobs: [open], first_day: MONDAY, last_day: MONDAY, effort: "quick" as const };
  const { id } = await read(api.POST("/api/v1/plans/", { body: scope }));
  await read(api.GET("/api/v1/plans/", { params: { query: { state: ["queued"], page_size: 2 } } }));
  await read(api.GET("/api/v1/plans/{id}/", at(id)));
  await read(api.GET("/api/v1/plans/{id}/items/", at(id)));
  await read(api.GET("/api/v1/plans/{id}/misses/", at(id)));
  await read(api.GET("/api/v1/plans/{id}/compare/", at(id)));
  await read(api.GET("/api/v1/plans/{id}/export/", { ...at(id), parseAs: "text" }));
  await read(api.POST("/api/v1/plans/{id}/replan/", { ...at(id), body: {} }));
  await read(api.POST("/api/v1/plans/{id}/stop/", at(runningPlan)));
  await read(api.POST("/api/v1/plans/{id}/cancel/", at(runningPlan)));
  await read(api.POST("/api/v1/plans/{id}/accept/", { ...at(readyPlan), body: {} }));
  await read(api.POST("/api/v1/plans/{id}/undo/", at(readyPlan)));
  await read(api.POST("/api/v1/plans/{id}/discard/", at(readyPlan)));
}

const account = { email: "admin@example.com", password };
const signedIn = await read(api.POST("/api/v1/auth/login/", { body: account }));
const pair = await read(api.POST("/api/v1/auth/refresh/", { body: { refresh: signedIn.refresh } }));
token = pair.access;
await read(api.GET("/api/v1/auth/me/"));
await read(api.POST("/api/v1/auth/ws-ticket/"));
await contractors();
await jobs();
await customers();
await assignments();
await plans();
await read(api.GET("/api/v1/dashboard/"));
await read(api.GET("/api/v1/metrics/", { parseAs: "text" }));
await read(api.GET("/api/v1/events/", { params: { query: { after: 0, limit: 50, types: ["JobCreated"], wait: 0 } } }));
await read(api.POST("/api/v1/auth/logout/", { body: { refresh: pair.refresh } }));
