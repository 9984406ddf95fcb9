// Changes of one ranking. A booking changes the rankings of many jobs; the page asks only for the job in the panel.

import { EventStream, type Options } from "./event-stream";

export interface RankingHandlers {
  changed: () => void;
  signedOut: () => void;
}

export class RankingSubscription {
  private job: string | null = null;
  private stream: EventStream | null = null;

  constructor(
    private readonly options: () => Omit<Options, "types" | "topics">,
    private readonly handlers: RankingHandlers,
  ) {}

  // Follows the ranking of `job` in place of the one before; `null` follows none.
  follow(job: string | null): void {
    if (job === this.job) return;
    this.job = job;
    this.stream?.close();
    this.stream = job ? this.streamOf(job) : null;
    this.stream?.open();
  }

  private streamOf(job: string): EventStream {
    const { changed, signedOut } = this.handlers;
    let wasLost = false;
    return new EventStream(
      { ...this.options(), types: "RecommendationsUpdated", topics: `job:${job}` },
      {
        event: changed,
        resync: changed,
        live: () => {
          if (wasLost) changed();
          wasLost = false;
        },
        lost: () => {
          wasLost = true;
        },
        signedOut,
      },
    );
  }
}
