import { createHash } from "node:crypto";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { isJsonObject } from "../../components/values/json-object";
import { engineFailure } from "../engine/engine-error";
import { engineJson } from "../engine/engine-json";
import { STACK_TYPE } from "../engine/stack-state";
import type { OpenStack } from "../stack/open-stack";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { type Expectation, mustBeExpected } from "./expectation";
import { canonical } from "./model/change-hash";
import type { Properties } from "./model/shown";
import { review } from "./review";

interface Exported {
  readonly deployment: { readonly resources?: readonly Properties[] } | null;
}

/**
 * Differs in two readings of one state: the engine encrypts anew each time it writes, where a program's lines are is no
 * matter, and what depends on a resource that is gone no longer says so.
 */
const UNSTEADY = ["ciphertext", "sourcePosition", "stackTrace", "dependencies", "propertyDependencies"];

/**
 * Holds an update to the state and the settings that were there before its preview. The engine takes the stack's lock, reads
 * the state and only then runs the program: what the state is at that moment, it stays until the end. Where another run has
 * changed it since the preview, the program ends before it has registered anything.
 */
export class HeldState {
  private refusal: CommandError | undefined;
  private begun = false;
  private failure: unknown;

  private constructor(
    private readonly open: OpenStack,
    private before: Print,
  ) {}

  static async read(open: OpenStack): Promise<HeldState> {
    return new HeldState(open, await fingerprint(open).catch(engineFailure));
  }

  /**
   * Goes on without what was found to be gone and was taken out of the state: it comes back besides what was reviewed.
   * @throws CommandError (exit 3) where anything else has changed
   */
  async without(gone: readonly { readonly urn: string }[]): Promise<void> {
    if (gone.length === 0) return;
    const isGone = ({ urn }: Part) => gone.some((one) => one.urn === urn);
    const now = await fingerprint(this.open).catch(engineFailure);
    const expected = { ...this.before, parts: this.before.parts.filter((part) => !isGone(part)) };
    if (!isSame(expected, now)) throw changedMeanwhile(this.open.name);
    this.before = now;
  }

  /**
   * @param whole the program
   * @param update applies with the program that it is given
   * @throws CommandError (exit 3) where the state is another one; what `update` throws
   */
  async run<T>(whole: PulumiFn, update: (guarded: PulumiFn) => Promise<T>): Promise<T> {
    // What has failed half-way left another state. To go on from it would be to apply what nobody has reviewed.
    if (this.failure !== undefined) throw this.failure;
    try {
      return await update(this.guarded(whole));
    } catch (error) {
      if (this.begun) this.failure = error;
      throw this.refusal ?? error;
    }
  }

  private readonly guarded = (whole: PulumiFn) => async () => {
    if (!isSame(await fingerprint(this.open), this.before)) {
      this.refusal = changedMeanwhile(this.open.name);
      const { RunError }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
      throw new RunError("the stack was changed by another run since the preview"); // told without a stack trace
    }
    this.begun = true;
    return whole();
  };
}

/**
 * Previews once more and compares.
 * @param preview the command that shows the change
 * @returns what holds the update to the state that was compared
 * @throws CommandError (exit 3) where it isn't what was reviewed
 */
export async function heldTo(
  expected: Expectation,
  open: OpenStack,
  report: Report,
  preview?: string,
): Promise<HeldState> {
  const held = await HeldState.read(open);
  mustBeExpected(expected, (await review(open, report)).change, preview);
  return held;
}

/**
 * Of all that a plan is made of and that another run may change. A secret's new value shows in when its resource was modified.
 * The stack's own resource is there as soon as an update has begun.
 */
async function fingerprint({ name, file }: OpenStack): Promise<Print> {
  const { deployment } = await engineJson<Exported>(name, ["stack", "export"]);
  const others = (deployment?.resources ?? []).filter(({ type }) => type !== STACK_TYPE);
  const parts = others.map((resource) => ({ urn: String(resource["urn"]), hash: hashOf(steady(resource)) }));
  return { parts, settings: hashOf(file.written()) };
}

/** A state and its settings, as far as two can be told apart. */
interface Print {
  readonly parts: readonly Part[];
  readonly settings: string;
}
interface Part {
  readonly urn: string;
  readonly hash: string;
}

/** Resources stand in the order in which they were ready. */
function isSame(one: Print, other: Print): boolean {
  const hashes = ({ parts, settings }: Print) => canonical([settings, parts.map(({ hash }) => hash).sort()]);
  return hashes(one) === hashes(other);
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex");
}

function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([key]) => !UNSTEADY.includes(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, steady(inner)]));
}

function changedMeanwhile(stack: string): CommandError {
  return new CommandError(
    `Nothing was applied: between the preview that was compared with the review and the update, another run changed the stack ` +
      `${stack}, or somebody its settings. Run it again: it then compares what would be done now.`,
    Exit.differs,
  );
}
