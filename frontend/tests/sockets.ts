// A WebSocket without a network: tests send the frames of the server.

import { vi } from "vitest";

import type { Frame, Handlers, Options } from "../live/event-stream";

export class FakeSocket {
  static opened: FakeSocket[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  isClosed = false;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.opened.push(this);
  }

  // The browser reports the end of a socket later, or never on a dead connection.
  close(): void {
    this.isClosed = true;
  }

  receive(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code: number): void {
    this.isClosed = true;
    this.onclose?.({ code });
  }
}

export function lastSocket(): FakeSocket {
  const socket = FakeSocket.opened.at(-1);
  if (!socket) throw new Error("No socket has been opened.");
  return socket;
}

export function installFakeSocket(): void {
  FakeSocket.opened = [];
  vi.stubGlobal("WebSocket", FakeSocket);
}

export const mockHandlers = () => ({
  event: vi.fn<Handlers["event"]>(),
  resync: vi.fn<Handlers["resync"]>(),
  live: vi.fn<Handlers["live"]>(),
  lost: vi.fn<Handlers["lost"]>(),
  signedOut: vi.fn<Handlers["signedOut"]>(),
});

export const HEARTBEAT_SECONDS = 10;
export const SILENCE_MS = 25_000;
export const LONGEST_DELAY_MS = 15_000;

export const options = (changes: Partial<Options> = {}): Options => ({
  after: 7,
  types: "JobCreated,JobAssigned",
  heartbeatSeconds: HEARTBEAT_SECONDS,
  isSignedIn: () => Promise.resolve(true),
  ...changes,
});
