import { existsSync, readFileSync } from "node:fs";
import { CommandError, Exit } from "../terminal/exit";
import { releaseLine } from "./change-text";
import type { Change } from "./model/change";
import { changeHash } from "./model/change-hash";
import { changeLines, differenceOf, releaseDifference } from "./model/difference";

export interface Expectation {
  readonly hash: string;
  /** Known where preview.json was given: then it can be told what differs. */
  readonly reviewed?: Change;
}

/** Enough to see what is wrong; preview.json has the rest. */
const MOST_LINES = 50;

/**
 * What `--expect` says: a hash, or the path of the preview.json that was reviewed.
 * @throws CommandError (exit 2) for what is neither, and for a file that doesn't have the hash that it says it has
 */
export function expectation(given: string): Expectation {
  if (/^[0-9a-f]{64}$/.test(given)) return { hash: given };
  if (!existsSync(given)) {
    throw new CommandError(
      `--expect ${given}: expected the hash of a preview (64 hex digits) or its preview.json; there is no such file`,
      Exit.usage,
    );
  }
  const reviewed = readChange(given);
  if (!reviewed || changeHash(reviewed) !== reviewed.hash) {
    throw new CommandError(
      `--expect ${given}: this is no preview.json of this version, or it was changed`,
      Exit.usage,
    );
  }
  return { hash: reviewed.hash, reviewed };
}

/** @throws CommandError (exit 3) with the difference, where the fresh preview isn't what was reviewed */
export function mustBeExpected(
  { hash, reviewed }: Expectation,
  fresh: Change,
  preview = `berth preview ${fresh.stack}`,
): void {
  if (fresh.hash === hash) return;
  const lines = reviewed
    ? [...releaseDifference(reviewed, fresh), ...differenceOf(reviewed, fresh)]
    : [...fresh.releases.map(releaseLine), ...changeLines(fresh)];
  const shown = lines.slice(0, MOST_LINES);
  if (lines.length > shown.length) shown.push(`… and ${lines.length - shown.length} more`);
  const what = reviewed ? "The difference:" : "What would be done now:";
  throw new CommandError(
    [
      `Nothing was applied: it is no longer the change that was reviewed (${hash}, now ${fresh.hash}). ${what}`,
      ...(shown.length > 0 ? shown.map((line) => `  ${line}`) : ["  nothing"]),
      ...hintsOf(reviewed, fresh),
      `Review the new change: ${preview}`,
    ].join("\n"),
    Exit.differs,
  );
}

function hintsOf(reviewed: Change | undefined, fresh: Change): string[] {
  if (!reviewed) return [];
  if (reviewed.stack !== fresh.stack)
    return [`The review was of the stack ${reviewed.stack}, this is ${fresh.stack}.`];
  if (reviewed.secretsCompared === fresh.secretsCompared) return [];
  const run = fresh.secretsCompared ? "The reviewed preview" : "This run";
  return [
    `${run} had no key for fingerprints of secrets: both need the passphrase or the same BERTH_HASH_KEY.`,
  ];
}

function readChange(file: string): Change | undefined {
  try {
    const change: Change = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(change.resources) ? change : undefined;
  } catch {
    return undefined; // said by the caller
  }
}
