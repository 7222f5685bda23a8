import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { objectOf } from "../../components/values/json-object";
import { plural } from "../../components/values/plain-words";
import { type Place, WORDS, type Word } from "./place";
import type { Mark, ToldStep } from "./step-line";

/** So long nothing of it has to have happened before it is taken for ended: one resource waits for the other. */
const SETTLED_MS = 500;

interface Begun {
  readonly place: Place;
  readonly now: number;
}

/** One step of a story while it goes on: what of it is under way, what was done, since when. */
export class Step {
  /** It was told, and what comes of it later is not told again, unless it fails. */
  isTold = false;
  /** The latest that it has said of itself. */
  note = "";
  private readonly open = new Map<string, string>();
  private readonly words = new Set<Word>();
  private readonly servers = new Set<string>();
  private detail = "";
  private count = 0;
  private last: number;
  /** Milliseconds in which something of it was under way, until the latest of that began: a volume may be made long before its container. */
  private busy = 0;
  private since: number;
  private readonly failed: string[] = [];

  constructor(
    readonly place: Place,
    begun: number,
  ) {
    this.last = begun;
    this.since = begun;
  }

  get isOpen(): boolean {
    return this.open.size > 0;
  }

  get hasFailed(): boolean {
    return this.failed.length > 0;
  }

  begin({ urn, op }: StepEventMetadata, name: string, { place: { word, server }, now }: Begun): void {
    if (!this.isOpen) this.since = now;
    this.open.set(`${op} ${urn}`, name);
    if (word) this.words.add(word);
    if (server !== undefined) this.servers.add(server);
  }

  end({ urn, op, new: next, old }: StepEventMetadata, { detail }: Place, now: number): void {
    if (!this.open.delete(`${op} ${urn}`)) return;
    this.count += 1;
    this.rest(now);
    this.note = "";
    const { inputs, outputs } = next ?? old ?? {};
    const said = detail?.(objectOf(inputs), objectOf(outputs)) ?? "";
    if (said.length > this.detail.length) this.detail = said;
  }

  fail({ urn, op }: StepEventMetadata, name: string, now: number): void {
    if (this.open.delete(`${op} ${urn}`)) this.rest(now);
    this.failed.push(name);
    this.isTold = false;
  }

  /** @param later whether a later step has begun */
  hasEnded(now: number, later: boolean): boolean {
    if (this.isOpen) return false;
    return this.hasFailed || this.place.isWhole === true || (later && now - this.last >= SETTLED_MS);
  }

  running(now: number): ToldStep {
    return {
      mark: "…",
      label: this.place.meanwhile ?? this.label,
      detail: this.note,
      milliseconds: this.time(now),
    };
  }

  /** @param stopped it is ended by the end of all */
  ended(now: number, stopped = this.isOpen): ToldStep {
    const isUndone = this.hasFailed || stopped;
    const mark: Mark = isUndone ? "✗" : "✓";
    const label = (isUndone ? this.place.meanwhile : undefined) ?? this.label;
    return { mark, label, detail: this.endDetail(stopped), milliseconds: this.time(now) };
  }

  private rest(now: number): void {
    this.last = now;
    if (!this.isOpen) this.busy += now - this.since;
  }

  private time(now: number): number {
    return this.busy + (this.isOpen ? now - this.since : 0);
  }

  private endDetail(stopped: boolean): string {
    if (this.hasFailed) return `failed: ${this.failed.join(", ")}`;
    if (stopped) return `not finished: ${[...this.open.values()].join(", ")}`;
    if (this.place.isCounted !== true) return this.detail;
    return plural(this.count, "resource");
  }

  private get label(): string {
    const on = this.servers.size > 0 ? ` on ${[...this.servers].join(", ")}` : "";
    const done = WORDS.filter((word) => this.words.has(word));
    return this.place.label + on + (done.length > 0 ? `: ${done.join(", ")}` : "");
  }
}
