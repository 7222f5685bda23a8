import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DeployStage } from "../test/support/edge/deploy-stage";
import { type Answers, Load, summary } from "../test/support/edge/load";
import { freePort } from "../test/support/free-port";
import { prepareMachine } from "../test/support/stack/own-sandbox";
import { root } from "../test/support/stack/sandbox";
import { byBerth, byHand, type Contender } from "./deploy/contenders";
import { type Panel, plot } from "./deploy/plot";
import { inSeconds, median, table } from "./nexus/table";
import { runBench } from "./run-bench";

const PER_SECOND = 120;
const MOST_REQUESTS = 40_000;
/** Every release brings a layer of its own to pull. */
const LAYER = ["RUN head -c 8000000 /dev/urandom > /data/layer"];

/** Seconds of one update: until the new version answers, and until the command has ended. */
interface Times {
  readonly answers: number;
  readonly ends: number;
}

interface Result {
  readonly update: readonly Times[];
  readonly rollback: readonly Times[];
  /** How often the version changed under the load. */
  readonly switches: number;
  /** The image that answers now. */
  readonly last: string;
  readonly panel: Panel;
}

/**
 * `node --require tsx/cjs bench/deploy.ts [ROUNDS]`: a release that is in the registry and not on the server, until it
 * answers; then back to the one before. First by `up`, then by hand, each under the same load. Writes
 * docs/update-under-load.svg.
 */
async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5);
  if (!(rounds > 0)) throw new Error("usage: bench/deploy.ts [ROUNDS]");
  const missing = await prepareMachine();
  if (missing) throw new Error(`the bench needs Docker: ${missing}`);
  const stage = new DeployStage();
  const hand = byHand(await freePort());
  try {
    await stage.prepare();
    process.stdout.write(await contest(stage, [byBerth(stage), hand], rounds));
  } finally {
    await hand.end();
    await stage.remove();
  }
}

async function contest(
  stage: DeployStage,
  contenders: readonly Contender[],
  rounds: number,
): Promise<string> {
  const results: Result[] = [];
  for (const contender of contenders) results.push(await play(stage, contender, rounds));
  const started = performance.now();
  await contenders[0]!.deploy(results[0]!.last);
  const idle = (performance.now() - started) / 1000;
  writeFileSync(join(root, "docs", "update-under-load.svg"), plot(results.map(({ panel }) => panel)));
  return report(contenders, results, idle);
}

async function play(stage: DeployStage, contender: Contender, rounds: number): Promise<Result> {
  const { title, url } = contender;
  const releases: { image: string; version: string }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const version = `${title} ${round}`.replaceAll(" ", "-").replaceAll("&", "");
    releases.push({ image: await stage.release(version, LAYER), version });
  }
  for (const { image } of releases.slice(1)) await stage.forget(image);
  await timed(contender, releases[0]!);
  const load = new Load(url, PER_SECOND, MOST_REQUESTS);
  const update: Times[] = [];
  const rollback: Times[] = [];
  for (const [round, release] of releases.slice(1).entries()) {
    await pause(1000);
    update.push(await timed(contender, release));
    await pause(1000);
    rollback.push(await timed(contender, releases[round]!));
    await pause(1000);
    await timed(contender, release);
  }
  await pause(1000);
  const answers = await load.stop();
  console.error(`${title}: ${summary(answers)}`);
  return { update, rollback, switches: 3 * rounds, last: releases[rounds]!.image, panel: { title, answers } };
}

/** Asks until the version answers; the load does the same for the failures. */
async function timed(
  contender: Contender,
  { image, version }: { readonly image: string; readonly version: string },
): Promise<Times> {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const ended = contender.deploy(image).then(since);
  const answers = untilSays(contender, version).then(since);
  const [ends, first] = await Promise.all([ended, answers]);
  return { answers: first, ends };
}

async function untilSays({ url, title }: Contender, version: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(10)) {
    const said = await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
      (response) => response.text(),
      () => "",
    );
    if (said === version) return;
  }
  throw new Error(`${title}: ${version} doesn't answer within 60 s`);
}

function report(contenders: readonly Contender[], results: readonly Result[], idle: number): string {
  const rows: [string, (result: Result) => string][] = [
    ["update: in the registry → answers", ({ update }) => middle(update, "answers")],
    ["… → the command has ended", ({ update }) => middle(update, "ends")],
    ["rollback: → answers", ({ rollback }) => middle(rollback, "answers")],
    ["… → the command has ended", ({ rollback }) => middle(rollback, "ends")],
    ["no answer, each time", (result) => inSeconds(downtime(result))],
    ["failed requests", ({ panel: { answers } }) => `${failed(answers)} of ${answers.answers.length}`],
  ];
  return [
    table(
      ["", ...contenders.map(({ title }) => title)],
      rows.map(([name, cell]) => [name, ...results.map(cell)]),
    ),
    `${contenders[0]!.title} without anything to do: ${inSeconds(idle)}\n`,
  ].join("\n");
}

function middle(times: readonly Times[], key: keyof Times): string {
  return inSeconds(median(times.map((time) => time[key])));
}

function failed({ answers }: Answers): number {
  return answers.filter(({ failure }) => failure !== undefined).length;
}

/** Seconds of each switch without an answer: from the first failed request to the next good one. */
function downtime({
  switches,
  panel: {
    answers: { answers },
  },
}: Result): number {
  const sorted = [...answers].sort((a, b) => a.at - b.at);
  let total = 0;
  let since: number | undefined;
  for (const { at, failure } of sorted) {
    if (failure !== undefined) since ??= at;
    else if (since !== undefined) {
      total += at - since;
      since = undefined;
    }
  }
  return total / 1000 / switches;
}

runBench(main);
