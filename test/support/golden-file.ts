import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Compares with the file; with GOLDEN=write in the environment the file is written anew, to be read in the diff. */
export function assertGolden(file: string, text: string): void {
  if (process.env["GOLDEN"] === "write") writeFileSync(file, text);
  assert.ok(existsSync(file), `${file} is missing: run with GOLDEN=write, and read what is written`);
  assert.equal(text, readFileSync(file, "utf8"));
}
