// The event log as it grows: over a WebSocket, or by long polling where no WebSocket gets through.
// The page has one stream, the panel another for the ranking of its job. A stream reconnects by itself and goes on
// after the last sequence number that it has: no event is missed or comes twice.

const SIGNED_OUT = 4401;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const POLL_AFTER_FAILURES = 3;
// Leaves most of the account's rate limit to other requests.
const BETWEEN_POLLS_MS = 2000;
const SOCKET_AGAIN_MS = 5 * 60 * 1000;
const WAIT_SECONDS = 25;
// A connection without a frame for this many heartbeats is dead.
const MISSED_HEARTBEATS = 2.5;

export interface Envelope {
  sequence: number;
  type: string;
  data: Record<string, unknown>;
}

// What the server sends. Each number is a position in the log.
export type Frame = { event: Envelope } | { ready: number } | { heartbeat: number } | { resync: number };

export type Transport = "socket" | "polling";

export interface Handlers {
  event(envelope: Envelope): void;
  // Events are missing from the log: read everything again.
  resync(): void;
  live(transport: Transport): void;
  lost(): void;
  signedOut(): void;
}

export interface Options {
  after: number;
  types: string;
  // Without topics, events about everything.
  topics?: string;
  heartbeatSeconds: number;
  isSignedIn(): Promise<boolean>;
}

interface Page {
  results: Envelope[];
  next_after: number;
  resync: boolean;
}

// Exponential back-off with jitter, so that browsers do not all come back at once. `random` is in [0, 1).
export function reconnectDelay(failures: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return longest * (0.5 + random / 2);
}

export class EventStream {
  private after: number;
  private socket: WebSocket | null = null;
  private readonly closing = new AbortController();
  private polling = false;
  private failures = 0;
  private everOpened = false;
  private retryTimer: number | undefined;
  private watchdogTimer: number | undefined;

  constructor(
    private readonly options: Options,
    private readonly handlers: Handlers,
  ) {
    this.after = options.after;
    const { signal } = this.closing;
    addEventListener("online", () => this.reconnectNow(), { signal });
    addEventListener("offline", () => this.socket && this.drop(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.reconnectNow(), { signal });
  }

  // The sequence number of the last event that is known.
  get position(): number {
    return this.after;
  }

  private get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  open(): void {
    clearTimeout(this.retryTimer);
    if (this.isClosed) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/events/?${this.query()}`, "events.v1");
    this.socket = socket;
    this.restartWatchdog();
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.receive(JSON.parse(String(data)) as Frame);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket) void this.reconnectLater(code);
    };
  }

  // Ends the stream for good: no handler is called and no connection is made any more.
  close(): void {
    this.closing.abort();
    clearTimeout(this.retryTimer);
    clearTimeout(this.watchdogTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private query(): string {
    const { types, topics } = this.options;
    return `types=${types}${topics ? `&topics=${topics}` : ""}&after=${String(this.after)}`;
  }

  private receive(frame: Frame): void {
    this.restartWatchdog();
    if ("event" in frame) {
      this.after = frame.event.sequence;
      this.handlers.event(frame.event);
    } else if ("resync" in frame) {
      this.after = frame.resync;
      this.handlers.resync();
    } else {
      this.after = "ready" in frame ? frame.ready : frame.heartbeat;
      this.failures = 0;
      this.everOpened = true;
      this.handlers.live("socket");
    }
  }

  // A pulled cable closes no socket: only the missing heartbeats show it.
  private restartWatchdog(): void {
    clearTimeout(this.watchdogTimer);
    this.watchdogTimer = window.setTimeout(() => this.drop(), this.options.heartbeatSeconds * MISSED_HEARTBEATS * 1000);
  }

  private drop(): void {
    const socket = this.socket;
    void this.reconnectLater();
    socket?.close();
  }

  private signOut(): void {
    if (this.isClosed) return;
    this.close();
    this.handlers.signedOut();
  }

  private async reconnectLater(code?: number): Promise<void> {
    clearTimeout(this.watchdogTimer);
    this.socket = null;
    this.failures += 1;
    if (code === SIGNED_OUT) {
      this.signOut();
      return;
    }
    this.handlers.lost();
    // A refused handshake has no close code of its own.
    if (this.failures > 1 && !(await this.options.isSignedIn())) this.signOut();
    if (this.isClosed) return;
    if (this.failures >= POLL_AFTER_FAILURES && !this.everOpened && navigator.onLine) await this.poll();
    else this.openAfter(reconnectDelay(this.failures, Math.random()));
  }

  private openAfter(delay: number): void {
    this.retryTimer = window.setTimeout(() => this.open(), delay);
  }

  private async poll(): Promise<void> {
    this.polling = true;
    const until = Date.now() + SOCKET_AGAIN_MS;
    try {
      // The first request waits for no event: it shows at once whether the server can be reached.
      for (let wait = 0; Date.now() < until && !this.isClosed; wait = WAIT_SECONDS) {
        await this.pollOnce(wait);
        await new Promise((resolve) => setTimeout(resolve, wait ? BETWEEN_POLLS_MS : 0));
      }
      this.failures = 0;
    } catch {
      this.failures = POLL_AFTER_FAILURES - 1;
      if (!this.isClosed) this.handlers.lost();
    }
    this.polling = false;
    if (!this.isClosed) this.openAfter(FIRST_DELAY_MS);
  }

  private async pollOnce(wait: number): Promise<void> {
    const { signal } = this.closing;
    const response = await fetch(`/api/v1/events/?${this.query()}&limit=1000&wait=${String(wait)}`, { signal });
    if (response.status === 401 || response.status === 403) {
      this.signOut();
      return;
    }
    if (!response.ok) throw new Error(response.statusText);
    const page = (await response.json()) as Page;
    if (page.resync) this.handlers.resync();
    for (const envelope of page.results) this.handlers.event(envelope);
    this.after = page.next_after;
    this.handlers.live("polling");
  }

  private reconnectNow(): void {
    if (this.socket === null && !this.polling) this.open();
  }
}
