import { parseArgs } from "node:util";
import { dockerMissing, ensureImage, NexusStage } from "../test/sandbox/nexus/harness";
import { Contest } from "./nexus/contest";
import { report } from "./nexus/report";
import type { Target } from "./nexus/shape";
import { runBench } from "./run-bench";

/**
 * `node --require tsx/cjs bench/nexus.ts [ROUNDS] [--objects 100,500]`: raw repositories, roles and users in a Nexus of
 * its own, by Pulumi and, where BERTH_BENCH_TOFU and BERTH_BENCH_TOFU_PROVIDER name binaries, by OpenTofu or Terraform
 * with its provider for Nexus. Every part in every round, so that a busy moment of the machine hits all alike.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { objects: { type: "string", default: "100" } },
  });
  const rounds = Number(positionals[0] ?? 3);
  const sizes = values.objects.split(",").map(Number);
  if (!(rounds > 0) || !sizes.every((size) => size > 0 && size % 4 === 0))
    throw new Error("usage: bench/nexus.ts [ROUNDS] [--objects MULTIPLE_OF_4,…]");
  const missing = await dockerMissing();
  if (missing) throw new Error(`the bench needs Docker: ${missing}`);
  await ensureImage();
  const stage = new NexusStage();
  const contest = new Contest();
  try {
    const target = await startNexus(stage);
    for (let round = 1; round <= rounds; round++) {
      for (const size of sizes) contest.play(size, target);
      console.error(`round ${round} of ${rounds} done`);
    }
  } finally {
    // Also of the rounds before one that failed.
    process.stdout.write(report(contest, sizes));
    contest.remove();
    await stage.cleanUp();
  }
}

/** A fresh Nexus with a password of this run. */
async function startNexus(stage: NexusStage): Promise<Target> {
  await stage.prepare();
  await stage.start();
  stage.password = await stage.docker(["exec", stage.run, "cat", "/nexus-data/admin.password"]);
  const password = stage.run;
  const { status, text } = await stage.rest("PUT", "security/users/admin/change-password", password);
  if (status !== 204) throw new Error(`Nexus did not take the password: ${status} ${text}`);
  return { url: `http://127.0.0.1:${stage.ports.http}`, username: "admin", password };
}

runBench(main);
