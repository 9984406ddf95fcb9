// The event log as it grows: over the socket, or by long polling where no socket gets through.
// One class for every reader: the page's own, and the panel's for the ranking of one job.
// Reconnects by itself and goes on after the last sequence number it has: nothing is missed, nothing comes twice.

const SIGNED_OUT = 4401;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const POLL_AFTER_FAILURES = 3;
// As many calls a minute as leave an account the most of its limit for other things.
const BETWEEN_POLLS_MS = 2000;
const SOCKET_AGAIN_MS = 5 * 60 * 1000;
const WAIT_SECONDS = 25;

export interface Envelope {
  sequence: number;
  type: string;
  data: Record<string, unknown>;
}

export interface Handlers {
  event(envelope: Envelope): void;
  resync(): void;
  live(how: "socket" | "polling"): void;
  lost(): void;
  signedOut(): void;
}

interface Frame {
  event?: Envelope;
  ready?: number;
  heartbeat?: number;
  resync?: number;
}

interface Page {
  results: Envelope[];
  head: number;
  next_after: number;
  resync: boolean;
}

// What is asked for: `types` of events, and those about `topics` alone where given.
export interface Options {
  after: number;
  types: string;
  topics?: string;
  heartbeatSeconds: number;
  isSignedIn(): Promise<boolean>;
}

export class EventStream {
  private after: number;
  private socket: WebSocket | null = null;
  private readonly closing = new AbortController();
  private polling = false;
  private failures = 0;
  private everOpened = false;
  private retry = 0;
  private watchdog = 0;

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

  // The number of the last event that we know of.
  get position(): number {
    return this.after;
  }

  private get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  // For good: nothing is told any more, and nothing is tried again.
  close(): void {
    this.closing.abort();
    clearTimeout(this.retry);
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private query(names: { types: string }): string {
    const { types, topics } = this.options;
    return `${names.types}=${types}${topics ? `&topics=${topics}` : ""}&after=${this.after}`;
  }

  open(): void {
    clearTimeout(this.retry);
    if (this.isClosed) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = this.query({ types: "types" });
    const socket = new WebSocket(`${scheme}://${location.host}/ws/events/?${query}`, "events.v1");
    this.socket = socket;
    this.expectSomething();
    socket.onmessage = ({ data }) => socket === this.socket && this.take(JSON.parse(data as string) as Frame);
    socket.onclose = ({ code }) => socket === this.socket && void this.lost(code);
  }

  private take(frame: Frame): void {
    this.expectSomething();
    if (frame.event) {
      this.after = frame.event.sequence;
      this.handlers.event(frame.event);
    } else if (frame.resync !== undefined) {
      this.after = frame.resync;
      this.handlers.resync();
    } else {
      this.after = frame.ready ?? frame.heartbeat ?? this.after;
      this.failures = 0;
      this.everOpened = true;
      this.handlers.live("socket");
    }
  }

  // A connection that died without a word is noticed by its silence.
  private expectSomething(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.drop(), this.options.heartbeatSeconds * 2500);
  }

  private drop(): void {
    const socket = this.socket;
    void this.lost();
    socket?.close();
  }

  private async lost(code?: number): Promise<void> {
    clearTimeout(this.watchdog);
    this.socket = null;
    this.failures += 1;
    this.handlers.lost();
    const signedOut = code === SIGNED_OUT || (this.failures > 1 && !(await this.options.isSignedIn()));
    if (this.isClosed) return;
    if (signedOut) {
      this.handlers.signedOut();
      return;
    }
    if (this.failures >= POLL_AFTER_FAILURES && !this.everOpened && navigator.onLine) {
      void this.poll();
      return;
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
    this.retry = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2));
  }

  private async poll(): Promise<void> {
    this.polling = true;
    const until = Date.now() + SOCKET_AGAIN_MS;
    try {
      // The first call asks for nothing but the present; it says at once whether the network is there.
      for (let wait = 0; Date.now() < until && !this.isClosed; wait = WAIT_SECONDS) {
        await this.pollOnce(wait);
        await new Promise((resolve) => setTimeout(resolve, wait ? BETWEEN_POLLS_MS : 0));
      }
      this.failures = 0;
    } catch {
      this.failures = Math.max(0, POLL_AFTER_FAILURES - 1);
      if (!this.isClosed) this.handlers.lost();
    }
    this.polling = false;
    if (this.isClosed) return;
    this.retry = setTimeout(() => this.open(), FIRST_PAUSE_MS);
  }

  private async pollOnce(wait: number): Promise<void> {
    const query = `${this.query({ types: "type" })}&limit=1000&wait=${wait}`;
    const answer = await fetch(`/api/v1/events/?${query}`, { signal: this.closing.signal });
    if (answer.status === 401 || answer.status === 403) return this.handlers.signedOut();
    if (!answer.ok) throw new Error(answer.statusText);
    const page = (await answer.json()) as Page;
    if (page.resync) this.handlers.resync();
    page.results.forEach((envelope) => this.handlers.event(envelope));
    this.after = page.next_after;
    this.handlers.live("polling");
  }

  private reconnectNow(): void {
    if (this.socket === null && !this.polling) this.open();
  }
}
