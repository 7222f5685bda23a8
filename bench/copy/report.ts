import { loadavg } from "node:os";
import { asRatio, median, table } from "../nexus/table";
import type { Case } from "./cases";
import { type Contest, ROUND_TRIP } from "./contest";
import type { Measured } from "./measured";
import type { StartUps } from "./start-up";
import type { Tool, Tools } from "./tools";

/** Everything measured, as Markdown. */
export function report(contest: Contest, cases: readonly Case[], tools: Tools, starts: StartUps): string {
  const missing = tools.missing.map(
    (name) =>
      `No column for ${name}: it is not on the path, nor named by BERTH_BENCH_${name.toUpperCase()}.\n`,
  );
  const load = `Load average at the end ${loadavg()[0]!.toFixed(1)}; "far" is ${ROUND_TRIP} ms a round trip to each registry.\n`;
  return [comparison(contest, cases, tools.found), startUps(starts), load, ...missing].join("\n");
}

/** Medians; the ratios of the quickest runs beside them, as a busy moment only ever adds. */
function comparison(contest: Contest, cases: readonly Case[], tools: readonly Tool[]): string {
  const [berth, ...peers] = tools;
  const head = [
    "",
    ...tools.map(({ name }) => name),
    ...(peers.length > 0 ? ["ratio", "of the quickest runs", "of processors"] : []),
    "memory of berth",
  ];
  const rows = cases.map((one) => {
    const of = (tool: Tool, pick: (run: Measured) => number) => contest.of(one, tool).map(pick);
    const ratio = (pick: (run: Measured) => number, sum: (values: readonly number[]) => number) =>
      asRatio(sum(of(berth!, pick)) / Math.min(...peers.map((peer) => sum(of(peer, pick)))));
    const seconds = (run: Measured) => run.seconds;
    return [
      `(${one.name}) ${one.title}`,
      ...tools.map((tool) => `${median(of(tool, seconds)).toFixed(3)} s`),
      ...(peers.length > 0
        ? [ratio(seconds, median), ratio(seconds, least), ratio((run) => run.processor, median)]
        : []),
      `${Math.max(...of(berth!, (run) => run.memory)).toFixed(0)} MB`,
    ];
  });
  return table(head, rows);
}

function startUps(starts: StartUps): string {
  const rows = [...starts].map(([name, values]) => [
    name,
    `${median(values).toFixed(3)} s`,
    `${least(values).toFixed(3)} s`,
  ]);
  return table(["start", "median", "quickest"], rows);
}

function least(values: readonly number[]): number {
  return Math.min(...values);
}
