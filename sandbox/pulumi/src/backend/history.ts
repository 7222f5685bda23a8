import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigValue } from "../project/config-value";
import { writeAtomically } from "./atomic-write";
import type { FileBackend, StackName } from "./file-backend";
import { nowNanos } from "./go-time";

export type UpdateKind = "update" | "destroy" | "refresh" | "import";

/** One past update (backend.UpdateInfo). Times are seconds since 1970. */
export interface UpdateInfo {
  readonly kind: UpdateKind;
  readonly startTime: number;
  readonly message: string;
  readonly environment: { readonly [key: string]: string };
  readonly config: { readonly [key: string]: ConfigValue };
  readonly version: 0;
  readonly result: "succeeded" | "failed";
  readonly endTime: number;
  readonly resourceChanges?: { readonly [op: string]: number };
}

/** Adds an update and a copy of the state that it left. */
export function addHistory(backend: FileBackend, name: StackName, info: UpdateInfo): void {
  const directory = backend.historyDirectory(name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const prefix = join(directory, `${name.stack}-${nowNanos()}`);
  writeAtomically(`${prefix}.history.json`, JSON.stringify(info));
  copyFileSync(backend.stackFile(name), `${prefix}.checkpoint.json`);
}

/** The latest update first; `pageSize` 0 is everything. */
export function readHistory(
  backend: FileBackend,
  name: StackName,
  pageSize: number,
  page: number,
): UpdateInfo[] {
  const directory = backend.historyDirectory(name);
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory)
    .filter((file) => file.endsWith(".history.json"))
    .sort()
    .reverse();
  const start = pageSize > 0 ? (Math.max(page, 1) - 1) * pageSize : 0;
  return files
    .slice(start, pageSize > 0 ? start + pageSize : undefined)
    .map((file) => JSON.parse(readFileSync(join(directory, file), "utf8")) as UpdateInfo);
}
