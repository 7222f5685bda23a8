import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";
import { type KnownNames, NO_NAMES, resourcePhrase } from "./resource-words";

/** Operations that change nothing in the world, and `replace`, which stands between two others. */
const QUIET = ["same", "read", "refresh", "discard", "replace"];

/** Longer lists help nobody who has just pressed Ctrl-C. */
const MOST_NAMES = 10;

/** Which steps of an operation were begun and which have ended, as the engine's events tell it. */
export class RunningSteps {
  private readonly done: string[] = [];
  private readonly failed: string[] = [];
  private readonly begun = new Map<string, string>();

  constructor(private readonly names: KnownNames = NO_NAMES) {}

  readonly onEvent = ({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: EngineEvent): void => {
    if (resourcePreEvent) this.begin(resourcePreEvent.metadata);
    if (resOutputsEvent) this.end(resOutputsEvent.metadata, this.done);
    if (resOpFailedEvent) this.end(resOpFailedEvent.metadata, this.failed);
  };

  /** A line for each kind that there is. */
  told(): string[] {
    const lines = [
      ["Done", this.done],
      ["Failed or given up", this.failed],
      ["Half done", [...this.begun.values()]],
    ] as const;
    const told = lines.filter(([, names]) => names.length > 0);
    return told.length > 0
      ? told.map(([what, names]) => `${what}: ${listed(names)}.`)
      : ["Nothing was changed."];
  }

  private begin(step: StepEventMetadata): void {
    const isOfEngine = step.type.startsWith("pulumi:providers:"); // nothing in the world
    if (!QUIET.includes(step.op) && !isOfEngine) this.begun.set(keyOf(step), this.nameOf(step));
  }

  private end(step: StepEventMetadata, list: string[]): void {
    if (this.begun.delete(keyOf(step))) list.push(this.nameOf(step));
  }

  /** `create container of Nexus`. */
  private nameOf({ op, urn }: StepEventMetadata): string {
    return `${op} ${resourcePhrase(urn, this.names)}`;
  }
}

/** A replacement is several operations of one resource. */
const keyOf = ({ op, urn }: StepEventMetadata) => `${op} ${urn}`;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES);
  return [...shown, ...(names.length > shown.length ? [`${names.length - shown.length} more`] : [])].join(
    ", ",
  );
}
