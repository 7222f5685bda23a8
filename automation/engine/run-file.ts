import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stateFolder } from "../../components/registry/copy/upload-journal";
import { pidNamespace, type RunNote, readNote, runNote } from "./run-note";

/**
 * What this machine knows of the engines that berth has started: the same as their note, in a file of its own for each, in
 * $XDG_STATE_HOME or ~/.local/state, /berth/runs; containers that share this folder have numbers of their own. The note in the
 * backend takes a call of the engine, and comes when the lock is there already: a run that is killed in between has a lock and no
 * note, but this file.
 */
const fileOf = (pid: number) => join(stateFolder("runs"), `${pidNamespace()}${pid}.json`);

/** Milliseconds that a file is kept of an engine that did not end well. */
const KEPT_MS = 30 * 24 * 3600_000;

/** To be called as soon as the engine is started. Where nothing can be written, a killed run's lock is for people to release. */
export function noteStarted(pid: number | undefined): void {
  const note = pid === undefined ? undefined : runNote(pid);
  if (note === undefined) return;
  try {
    const file = fileOf(note.pid);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(note), { mode: 0o600 });
  } catch {
    // The home of this user is read-only, or full.
  }
}

/** To be called when it has not ended well: its file stays, for the next run to know whose lock it left. What few locks are as old as goes. */
export function forgetOld(): void {
  const folder = stateFolder("runs");
  try {
    for (const file of readdirSync(folder).map((name) => join(folder, name)))
      if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > KEPT_MS)
        rmSync(file, { force: true });
  } catch {
    // Nothing was written there, or the home of this user is read-only: then they stay.
  }
}

/** To be called when it has ended well: then it holds no lock. */
export function forgetStarted(pid: number | undefined): void {
  if (pid !== undefined) rmSync(fileOf(pid), { force: true });
}

/** What was noted when the engine of that process id was started here; undefined where none was, or it ended well. */
export function startedHere(pid: number): RunNote | undefined {
  try {
    return readNote(readFileSync(fileOf(pid), "utf8"));
  } catch {
    return undefined;
  }
}
