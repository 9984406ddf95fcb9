import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { RankingSubscription } from "../live/ranking-subscription";
import { FakeSocket, LONGEST_DELAY_MS, SILENCE_MS, installFakeSocket, lastSocket, options } from "./sockets";

let changed = vi.fn<() => void>();
let signedOut = vi.fn<() => void>();
let subscription: RankingSubscription;

beforeEach(() => {
  vi.useFakeTimers();
  installFakeSocket();
  [changed, signedOut] = [vi.fn(), vi.fn()];
  subscription = new RankingSubscription(options, { changed, signedOut });
});

afterEach(() => {
  subscription.follow(null);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("listens to the job in the panel alone", () => {
  subscription.follow("1");
  expect(lastSocket().url).toContain("types=RecommendationsUpdated&topics=job:1");
  lastSocket().receive({ event: { sequence: 9, type: "RecommendationsUpdated", data: {} } });
  expect(changed).toHaveBeenCalledOnce();
});

it("follows one job at a time", () => {
  subscription.follow("1");
  subscription.follow("1");
  expect(FakeSocket.opened).toHaveLength(1);
  subscription.follow("2");
  expect(FakeSocket.opened.map((socket) => socket.isClosed)).toEqual([true, false]);
  subscription.follow(null);
  expect(lastSocket().isClosed).toBe(true);
});

it("reloads the ranking after a connection that died silently", async () => {
  subscription.follow("1");
  lastSocket().receive({ ready: 8 });
  expect(changed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(SILENCE_MS + LONGEST_DELAY_MS);
  expect(FakeSocket.opened).toHaveLength(2);
  lastSocket().receive({ ready: 8 });
  expect(changed).toHaveBeenCalledOnce();
});

it("stops when the session ends", async () => {
  subscription.follow("1");
  lastSocket().end(4401);
  await vi.advanceTimersByTimeAsync(LONGEST_DELAY_MS);
  expect(signedOut).toHaveBeenCalledOnce();
  expect(FakeSocket.opened).toHaveLength(1);
});
