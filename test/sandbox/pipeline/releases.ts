import assert from "node:assert/strict";
import { berth } from "../../support/stack/sandbox";

export interface Listed {
  readonly tag: string;
  readonly digest: string;
  readonly from?: string;
  readonly result: string;
  readonly runsOn: readonly string[];
}

/** The blog's releases, the newest first. */
export async function listReleases(stack: string): Promise<Listed[]> {
  const ran = await berth(["releases", stack, "--json"]);
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout)[0].releases;
}
