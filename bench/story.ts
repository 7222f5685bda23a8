import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { Story } from "../automation/story/story";
import { Screen, type ScreenOutput } from "../automation/terminal/screen";
import { median, table } from "./nexus/table";
import { runBench } from "./run-bench";

const RECORDINGS = join(__dirname, "..", "test", "unit", "automation", "story", "golden");
const UPDATES = { "an update": "3-update", "one that fails": "8-unhealthy", "a destroy": "7-destroy" };

/** A terminal that nobody looks at; without one, the log of a job. */
const terminal = (isTTY: boolean): ScreenOutput => ({
  write: () => true,
  isTTY,
  columns: 120,
  rows: 40,
});

/**
 * `node --require tsx/cjs bench/story.ts [ROUNDS]`: what telling the story of an update costs: processor time while events that the real
 * engine wrote are told at the pace that they came at, less that of the same wait without a story, as a part of the seconds that the update took.
 */
async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 3);
  if (!(rounds > 0)) throw new Error("usage: bench/story.ts [ROUNDS]");
  const rows: string[][] = [];
  for (const [name, file] of Object.entries(UPDATES)) {
    const events = eventsOf(file);
    const spent: number[][] = [[], [], []];
    for (let round = 0; round < rounds; round++)
      for (const [index, screen] of [undefined, terminal(true), terminal(false)].entries())
        spent[index]?.push(await replayed(events, screen));
    const [waiting, live, plain] = spent.map(median);
    const part = (value = 0) => percent((value - (waiting ?? 0)) / lengthOf(events));
    rows.push([name, String(events.length), `${lengthOf(events)} s`, part(live), part(plain)]);
  }
  process.stdout.write(table(["", "events", "it took", "on a terminal", "in a log"], rows));
}

function eventsOf(file: string): EngineEvent[] {
  const lines = readFileSync(join(RECORDINGS, `${file}-events.jsonl`), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** Its events have whole seconds. */
const lengthOf = (events: readonly EngineEvent[]) => events.at(-1)!.timestamp - events[0]!.timestamp;

/** Seconds of processor time. @param screen none: nobody is told */
async function replayed(events: readonly EngineEvent[], output?: ScreenOutput): Promise<number> {
  const before = process.cpuUsage();
  const story = output && new Story({ kind: "update", meanwhile: "comparing" }, new Screen(output, {}));
  const began = performance.now();
  for (const [index, event] of events.entries()) {
    const due = ((index + 1) / events.length) * lengthOf(events) * 1000;
    await pause(due - (performance.now() - began));
    story?.onEvent(event);
  }
  story?.end();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const percent = (value: number) => `${(value * 100).toFixed(2)} %`;

runBench(main);
