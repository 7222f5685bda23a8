import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isChangeOfWorld } from "../engine/changed-resources";
import { type KnownNames, resourcePhrase } from "../engine/resource-words";
import { knownSecrets } from "../terminal/known-secrets";
import type { Screen } from "../terminal/screen";
import { type Facts, NO_FACTS } from "./facts";
import { CLEARED, goingOf, type Place, placeOf } from "./place";
import { Problems, plain } from "./problems";
import { Step } from "./step";
import { colored, endedLines, runningLine, seconds } from "./step-line";

/** What an operation of the engine is to people: it changes the stack, takes it away, or only looks. */
export type StoryKind = "update" | "destroy" | "look";

export interface Tale {
  readonly kind: StoryKind;
  /** What goes on while no step is under way: `looking at what there is`. */
  readonly meanwhile: string;
  readonly facts?: Facts;
  /** What resources are told by. */
  readonly names?: KnownNames;
}

const TICK_MS = 500;
/** A job's log without a line for longer looks like a job that hangs. */
const SILENCE_MS = 15_000;

/**
 * An operation of the engine in the product's words: a line for each step, replaced in place while it goes on where the screen can do
 * that, and a sign of life now and then where it can't.
 */
export class Story {
  private readonly steps = new Map<string, Step>();
  private readonly places = new Map<string, Place>();
  private readonly problems: Problems;
  private readonly facts: Facts;
  private readonly names: KnownNames;
  private readonly begun = Date.now();
  private hasEnded = false;
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  constructor(
    private readonly tale: Tale,
    private readonly screen: Screen,
  ) {
    this.facts = tale.facts ?? NO_FACTS;
    this.names = tale.names ?? this.facts;
    this.problems = new Problems(this.names);
    this.draw();
  }

  readonly onEvent = (event: EngineEvent): void => {
    this.problems.onEvent(event);
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event;
    if (this.tale.kind === "look") return;
    if (diagnosticEvent?.urn && diagnosticEvent.severity.startsWith("info"))
      this.note(diagnosticEvent.urn, plain(diagnosticEvent.message));
    if (resourcePreEvent && isChangeOfWorld(event)) this.begin(resourcePreEvent.metadata);
    if (resOutputsEvent) this.finish(resOutputsEvent.metadata, "end");
    if (resOpFailedEvent) this.finish(resOpFailedEvent.metadata, "fail");
    if (!resourcePreEvent && !resOutputsEvent && !resOpFailedEvent) return;
    this.tellEnded();
    this.draw();
  };

  /** @param failure what the operation has thrown, unless somebody stopped it: people are told of that alone */
  end(failure?: unknown): void {
    clearInterval(this.timer);
    this.hasEnded = true;
    this.screen.show([]);
    this.tell([...this.steps.values()].filter((step) => !step.isTold || step.isOpen));
    if (this.screen.isVerbose) return; // the engine has said them
    for (const line of this.problems.lines(failure)) this.screen.print(knownSecrets.scrub(line));
  }

  private begin(metadata: StepEventMetadata): void {
    if (metadata.op === "delete" && metadata.old?.retainOnDelete === true) return; // left to a step of its own
    const place = this.placeOf(metadata);
    const now = Date.now();
    const step = this.steps.get(place.key) ?? new Step(place, now);
    this.steps.set(place.key, step);
    this.places.set(`${metadata.op} ${metadata.urn}`, place);
    step.begin(metadata, resourcePhrase(metadata.urn, this.names), { place, now });
  }

  private placeOf(metadata: StepEventMetadata): Place {
    if (this.tale.kind === "destroy") return goingOf(metadata, this.facts);
    return metadata.op.startsWith("delete") ? CLEARED : placeOf(metadata, this.facts);
  }

  private finish(metadata: StepEventMetadata, how: "end" | "fail"): void {
    const place = this.places.get(`${metadata.op} ${metadata.urn}`);
    const step = place && this.steps.get(place.key);
    if (!step) return;
    if (how === "end") step.end(metadata, place, Date.now());
    else step.fail(metadata, resourcePhrase(metadata.urn, this.names), Date.now());
  }

  /** The last line of what a resource says while it is at work. */
  private note(urn: string, text: string): void {
    const begun = [...this.places.keys()].findLast((one) => one.endsWith(` ${urn}`));
    const place = begun === undefined ? undefined : this.places.get(begun);
    const step = place && this.steps.get(place.key);
    if (step?.isOpen) step.note = text.split("\n").at(-1) ?? "";
  }

  private tick(): void {
    this.tellEnded();
    this.draw();
    if (this.screen.isLive || Date.now() - this.screen.lastPrint < SILENCE_MS) return;
    for (const { label, detail, milliseconds } of this.running()) {
      const note = detail === "" ? "" : `: ${detail}`;
      this.screen.print(knownSecrets.scrub(`still: ${label} (${seconds(milliseconds)})${note}`));
    }
  }

  private tellEnded(): void {
    const all = [...this.steps.values()];
    this.tell(all.filter((step) => !step.isTold && step.hasEnded(Date.now(), this.hasLater(step))));
  }

  private hasLater({ place: { app, phase } }: Step): boolean {
    return [...this.steps.values()].some(
      ({ place }) => place.phase > phase && (app === undefined || place.app === app),
    );
  }

  private tell(steps: readonly Step[]): void {
    if (steps.length === 0) return;
    const now = Date.now();
    for (const step of steps) step.isTold = true;
    const lines = steps
      .filter((step) => step.place.isQuiet !== true || step.hasFailed || step.isOpen)
      .flatMap((step) => endedLines(knownSecrets.scrubbed(step.ended(now)), this.screen.columns));
    if (lines.length === 0) return;
    // Both at once: nothing is seen as ended and under way.
    this.screen.print(this.inColor(lines).join("\n"), this.hasEnded ? [] : this.runningLines());
  }

  /** What is under way; never nothing. */
  private running() {
    const now = Date.now();
    const open = [...this.steps.values()].filter((step) => step.isOpen || !step.isTold);
    if (open.length > 0) return open.map((step) => step.running(now));
    return [{ mark: "…" as const, label: this.tale.meanwhile, detail: "", milliseconds: now - this.begun }];
  }

  private draw(): void {
    if (this.screen.isLive) this.screen.show(this.runningLines());
  }

  private runningLines(): readonly string[] {
    if (!this.screen.isLive) return [];
    return this.inColor(
      this.running().map((step) => runningLine(knownSecrets.scrubbed(step), this.screen.columns)),
    );
  }

  private inColor(lines: readonly string[]): readonly string[] {
    return this.screen.hasColor ? lines.map(colored) : lines;
  }
}
