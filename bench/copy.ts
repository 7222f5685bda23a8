import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CASES } from "./copy/cases";
import { Contest } from "./copy/contest";
import { report } from "./copy/report";
import { type StartUps, timeStartUps } from "./copy/start-up";
import { findTools } from "./copy/tools";

const USAGE = `usage: npm run bench:copy -- [ROUNDS] [--cases ${CASES.map(({ name }) => name).join(",")}] [--tools berth,regctl,crane,skopeo]`;

/**
 * Copies between two of Debian's docker-registry on this machine, by berth and by regctl, crane and skopeo where they
 * are at hand. Every tool in every round, so that a busy moment of the machine hits all alike.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { cases: { type: "string" }, tools: { type: "string" } },
  });
  const rounds = Number(positionals[0] ?? 5);
  const wanted = values.cases?.split(",");
  const cases = CASES.filter(({ name }) => wanted === undefined || wanted.includes(name));
  if (!(rounds > 0) || cases.length === 0 || (wanted && wanted.length !== cases.length))
    throw new Error(USAGE);
  const contest = new Contest();
  const starts: StartUps = new Map();
  try {
    const home = join(contest.folder, "home");
    mkdirSync(home);
    const tools = findTools(home);
    const named = values.tools?.split(",");
    const found = tools.found.filter(({ name }) => name === "berth" || !named || named.includes(name));
    await contest.prepare();
    for (let round = 1; round <= rounds; round++) {
      await timeStartUps(found, starts);
      for (const one of cases) await contest.play(one, found);
      console.error(`round ${round} of ${rounds} done`);
    }
    process.stdout.write(report(contest, cases, { ...tools, found }, starts));
  } finally {
    await contest.end();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
