import { readFileSync } from "node:fs";
import { messageOf } from "../values/error-facts";
import { checkedVolume } from "./check-volume";
import { configure } from "./configure";
import type { NexusPlan } from "./nexus-plan";
import { PLACES, SERVICES } from "./services";

/**
 * What the services `check` and `configure` of a compose file run, as one file beside it: Berth's kinds without Pulumi. It is
 * compiled with its packages by automation/compose/configure-program.ts.
 */
async function main(task: string | undefined): Promise<void> {
  const plan = JSON.parse(readFileSync(PLACES.plan, "utf8")) as NexusPlan;
  if (task === SERVICES.configure) return configure({ plan, say });
  const { refusal, notice } = checkedVolume(PLACES.data, plan.image);
  if (refusal !== undefined) throw new Error(refusal);
  if (notice !== undefined) say(notice);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv[2]).then(
  () => process.exit(0), // connections are kept open that nobody needs any more
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`, () => process.exit(1));
  },
);
