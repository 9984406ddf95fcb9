import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EventStream, reconnectDelay, type Envelope } from "../live/event-stream";
import { FakeSocket, LONGEST_DELAY_MS, SILENCE_MS, installFakeSocket, lastSocket, mockHandlers, options } from "./sockets";

const SIGNED_OUT = 4401;
const ABNORMAL = 1006;
const jobCreated = (sequence: number): Envelope => ({ sequence, type: "JobCreated", data: {} });

let handlers = mockHandlers();
let streams: EventStream[] = [];

function openStream(changes: Parameters<typeof options>[0] = {}): EventStream {
  const stream = new EventStream(options(changes), handlers);
  streams.push(stream);
  stream.open();
  return stream;
}

async function failToConnect(times: number): Promise<void> {
  for (let attempt = 0; attempt < times; attempt += 1) {
    lastSocket().end(ABNORMAL);
    await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  installFakeSocket();
  handlers = mockHandlers();
  streams = [];
});

afterEach(() => {
  for (const stream of streams) stream.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the connection", () => {
  it("asks for its types after the last known event", () => {
    openStream();
    expect(lastSocket().url).toMatch(/\/ws\/events\/\?types=JobCreated,JobAssigned&after=7$/);
    expect(lastSocket().protocol).toBe("events.v1");
  });

  it("asks for topics when it has some", () => {
    openStream({ topics: "job:1" });
    expect(lastSocket().url).toMatch(/\?types=JobCreated,JobAssigned&topics=job:1&after=7$/);
  });

  it("is live once the server is ready", () => {
    openStream();
    expect(handlers.live).not.toHaveBeenCalled();
    lastSocket().receive({ ready: 8 });
    expect(handlers.live).toHaveBeenCalledWith("socket");
  });

  it("passes on events and goes on after them", async () => {
    const stream = openStream();
    lastSocket().receive({ event: jobCreated(9) });
    expect(handlers.event).toHaveBeenCalledExactlyOnceWith(jobCreated(9));
    expect(stream.position).toBe(9);
    await failToConnect(1);
    expect(FakeSocket.opened).toHaveLength(2);
    expect(lastSocket().url).toMatch(/&after=9$/);
  });

  it("passes on that events are missing", () => {
    const stream = openStream();
    lastSocket().receive({ resync: 40 });
    expect(handlers.resync).toHaveBeenCalledOnce();
    expect(stream.position).toBe(40);
  });
});

describe("the watchdog", () => {
  it("replaces a connection that is silent", async () => {
    openStream();
    const silent = lastSocket();
    silent.receive({ ready: 8 });
    await vi.advanceTimersByTimeAsync(SILENCE_MS);
    expect(handlers.lost).toHaveBeenCalledOnce();
    expect(silent.isClosed).toBe(true);
    await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
    expect(lastSocket()).not.toBe(silent);
  });

  it("ignores what a replaced connection still says", async () => {
    openStream();
    const silent = lastSocket();
    await vi.advanceTimersByTimeAsync(SILENCE_MS);
    silent.receive({ event: jobCreated(9) });
    silent.end(SIGNED_OUT);
    expect(handlers.event).not.toHaveBeenCalled();
    expect(handlers.signedOut).not.toHaveBeenCalled();
  });

  it("is content with heartbeats", async () => {
    openStream();
    for (let beat = 0; beat < 10; beat += 1) {
      lastSocket().receive({ heartbeat: 8 });
      await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    }
    expect(handlers.lost).not.toHaveBeenCalled();
    expect(FakeSocket.opened).toHaveLength(1);
  });
});

describe("reconnecting", () => {
  it("backs off up to a limit", () => {
    expect([1, 2, 3, 20].map((failures) => reconnectDelay(failures, 0))).toEqual([250, 500, 1000, 7500]);
    expect(reconnectDelay(20, 0.999)).toBeLessThan(LONGEST_DELAY_MS);
  });

  it("happens at once when the network is back", async () => {
    openStream();
    await failToConnect(1);
    lastSocket().end(ABNORMAL);
    const attempts = FakeSocket.opened.length;
    await vi.advanceTimersByTimeAsync(0);
    window.dispatchEvent(new Event("online"));
    expect(FakeSocket.opened).toHaveLength(attempts + 1);
  });

  it("does not happen after close()", async () => {
    const stream = openStream();
    stream.close();
    expect(lastSocket().isClosed).toBe(true);
    lastSocket().end(ABNORMAL);
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(handlers.lost).not.toHaveBeenCalled();
  });
});

describe("signing out", () => {
  it("ends the stream for good", async () => {
    openStream();
    lastSocket().receive({ ready: 8 });
    lastSocket().end(SIGNED_OUT);
    await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
    expect(handlers.signedOut).toHaveBeenCalledOnce();
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it("is noticed when handshakes are refused", async () => {
    openStream({ isSignedIn: () => Promise.resolve(false) });
    await failToConnect(2);
    expect(handlers.signedOut).toHaveBeenCalledOnce();
    expect(FakeSocket.opened).toHaveLength(2);
  });
});

describe("polling", () => {
  const respond = (status: number, page: object = {}) =>
    vi.fn(() => Promise.resolve(new Response(JSON.stringify(page), { status })));

  it("begins when no socket gets through", async () => {
    const fetched = respond(200, { results: [jobCreated(9)], next_after: 9, resync: false });
    vi.stubGlobal("fetch", fetched);
    const stream = openStream({ topics: "job:1" });
    await failToConnect(3);
    expect(fetched).toHaveBeenCalled();
    expect(fetched.mock.calls[0]).toEqual([
      "/api/v1/events/?types=JobCreated,JobAssigned&topics=job:1&after=7&limit=1000&wait=0",
      expect.anything(),
    ]);
    expect(handlers.live).toHaveBeenCalledWith("polling");
    expect(handlers.event).toHaveBeenCalledWith(jobCreated(9));
    expect(stream.position).toBe(9);
  });

  it("does not begin once a socket has got through", async () => {
    const fetched = respond(200);
    vi.stubGlobal("fetch", fetched);
    openStream();
    lastSocket().receive({ ready: 8 });
    await failToConnect(5);
    expect(fetched).not.toHaveBeenCalled();
  });

  it("ends with the session", async () => {
    const fetched = respond(401);
    vi.stubGlobal("fetch", fetched);
    openStream();
    await failToConnect(3);
    await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
    expect(handlers.signedOut).toHaveBeenCalledOnce();
    expect(fetched).toHaveBeenCalledOnce();
    expect(FakeSocket.opened).toHaveLength(3);
  });

  it("goes back to sockets after a failure", async () => {
    vi.stubGlobal("fetch", respond(502));
    openStream();
    await failToConnect(3);
    await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
    expect(FakeSocket.opened.length).toBeGreaterThan(3);
    expect(handlers.live).not.toHaveBeenCalled();
  });
});
