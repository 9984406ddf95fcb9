// The event socket: reconnects by itself and resumes after the last sequence number it has,
// so that nothing is missed and nothing comes twice.

const SIGNED_OUT = 4401;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;

export class EventStream {
  // `handlers`: event(envelope), resync(), live(), lost(), signedOut().
  constructor({ path, after, heartbeatSeconds, isSignedIn, handlers }) {
    this.path = path;
    this.after = after;
    this.silenceMs = heartbeatSeconds * 2500;
    this.isSignedIn = isSignedIn;
    this.handlers = handlers;
    this.failures = 0;
    window.addEventListener("online", () => this.reconnectNow());
    window.addEventListener("offline", () => this.socket && this.drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.reconnectNow());
  }

  open() {
    clearTimeout(this.retry);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}?after=${this.after}`, "events.v1");
    this.socket = socket;
    this.expectSomething();
    socket.onmessage = ({ data }) => socket === this.socket && this.take(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.lost(code);
  }

  take(frame) {
    this.expectSomething();
    if ("event" in frame) {
      this.after = frame.event.sequence;
      this.handlers.event(frame.event);
    } else if ("ready" in frame) {
      this.after = frame.ready;
      this.failures = 0;
      this.handlers.live();
    } else if ("heartbeat" in frame) {
      this.after = frame.heartbeat;
      this.handlers.live();
    } else if ("resync" in frame) {
      this.after = frame.resync;
      this.handlers.resync();
    }
  }

  // A connection that died without a word is noticed by its silence.
  expectSomething() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.drop(), this.silenceMs);
  }

  drop() {
    const socket = this.socket;
    this.lost();
    socket.close();
  }

  async lost(code) {
    clearTimeout(this.watchdog);
    this.socket = null;
    this.failures += 1;
    this.handlers.lost();
    if (code === SIGNED_OUT || (this.failures > 1 && !(await this.isSignedIn()))) {
      this.handlers.signedOut();
      return;
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
    this.retry = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2));
  }

  reconnectNow() {
    if (this.socket === null) this.open();
  }
}
