import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withPin } from "../../../automation/stack-file/pin";
import {
  berth,
  berthCommand,
  copy,
  docker,
  health,
  killTree,
  run,
  SERVER,
  sandboxEnv,
  start,
} from "../../support/stack/sandbox";
import { type Listed, listReleases } from "./releases";

const KILLS = 20;
/** Milliseconds into an update, which takes about six seconds. */
const EARLIEST = 300;
const LATEST = 6500;

const stackFile = join(copy, "Pulumi.dev.yaml");

function pin({ tag, digest }: Listed): void {
  writeFileSync(stackFile, withPin(readFileSync(stackFile, "utf8"), "blog", { tag, digest }));
}

/** Begins an update and kills it and all that it started, unless it has ended by then. */
async function killedAfter(milliseconds: number): Promise<boolean> {
  const { child, ended } = start(berthCommand(["up", "dev"]), sandboxEnv(), copy);
  await Promise.race([ended, pause(milliseconds)]);
  const isAlive = child.exitCode === null && child.signalCode === null;
  if (isAlive) killTree(child);
  await ended;
  return isAlive;
}

/** Every container of the stack is in its state, and the app has one. */
async function assertNoOrphan(): Promise<void> {
  const exported = await run(["pulumi", "stack", "export", "--stack", "dev"], sandboxEnv(), copy);
  const { resources } = JSON.parse(exported.stdout).deployment as { resources: { id?: string }[] };
  const ids = new Set(resources.map(({ id }) => id));
  for (const host of [undefined, SERVER]) {
    const made = docker(["ps", "-a", "-q", "--no-trunc", "--filter", "label=berth.stack=dev"], host);
    assert.deepEqual(
      made.filter((id) => !ids.has(id)),
      [],
    );
  }
  const ofBlog = ["--filter", "label=berth.stack=dev", "--filter", "label=berth.app=blog"];
  assert.equal(docker(["ps", "-aq", ...ofBlog], SERVER).length, 1);
}

/** Between the two newest releases that dev has run; it builds the working commit again afterwards. */
export function survivesKills(): void {
  it(`killed at ${KILLS} random moments of an update: the app answers all the time, and an up brings the right release`, async () => {
    const ran = (await listReleases("dev")).filter(({ result }) => result === "succeeded");
    const newest = ran[0]!;
    const before = ran.find(({ digest }) => digest !== newest.digest)!;
    const versions = new Map<string, string>();
    for (const release of [before, newest]) {
      pin(release);
      const up = await berth(["up", "dev"]);
      assert.equal(up.code, 0, up.stderr);
      versions.set(release.digest, (await health()).version);
    }
    const moments: string[] = [];
    for (let kill = 1; kill <= KILLS; kill++) {
      const wanted = kill % 2 === 1 ? before : newest;
      pin(wanted);
      const moment = randomInt(EARLIEST, LATEST);
      moments.push(`${moment}${(await killedAfter(moment)) ? "" : " (had ended)"}`);
      assert.ok([...versions.values()].includes((await health()).version), moments.join(", "));
      if (kill % 5 !== 0) continue;
      const up = await berth(["up", "dev"]);
      assert.equal(up.code, 0, `after kills at ${moments.join(", ")} ms: ${up.stderr}`);
      assert.equal((await health()).version, versions.get(wanted.digest), moments.join(", "));
      await assertNoOrphan();
    }
    console.log(`      killed after ${moments.join(", ")} ms`);
    assert.equal((await berth(["up", "dev", "--unpin"])).code, 0);
    assert.equal((await health()).version, versions.get(newest.digest));
  });
}
