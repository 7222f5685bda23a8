import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { feed } from "../../support/feed";
import { berth, berthCommand, commit, copy, health, sandboxEnv, start } from "../../support/stack/sandbox";

const LOCKS = "/var/lib/berth-sandbox/state/.pulumi/locks/organization/berth/dev";
/** The engine makes the image anew, or, where the state has one, another. */
const isBuilding = (said: string) => /blog-image (creating|updating|replacing)/.test(said);

const locks = () => (existsSync(LOCKS) ? readdirSync(LOCKS) : []);

interface Stop {
  /** Told what berth has said so far. */
  readonly when: (said: string) => boolean;
  readonly signals: readonly NodeJS.Signals[];
  readonly to: "berth" | "the whole group";
  /** Milliseconds between two signals. */
  readonly apart?: number;
}

/** Begins an update, and sends the signals as soon as it is time. */
async function stopped({ when, signals, to, apart = 300 }: Stop) {
  const { child, ended, said } = start(berthCommand(["up", "dev", "--verbose"]), sandboxEnv(), copy);
  feed(child);
  for (let waited = 0; !when(said()) && child.exitCode === null && waited < 600_000; waited += 20)
    await pause(20);
  assert.equal(child.exitCode, null, said());
  for (const signal of signals) {
    if (child.exitCode !== null) break; // the one before was enough
    process.kill(to === "berth" ? child.pid! : -child.pid!, signal);
    await pause(apart);
  }
  const ran = await ended;
  // One that comes when all is said ends Node itself, which a shell calls 130, too.
  return { ...ran, code: child.signalCode === "SIGINT" ? 130 : ran.code };
}

/** To be run while dev of the demo is up. */
export function stopping(): void {
  let version = 0;
  const nextVersion = () => {
    version += 1;
    commit("app/VERSION", () => `3.0.${version}\n`, `Version 3.0.${version}`);
  };

  for (const to of ["the whole group", "berth"] as const)
    it(`an update that is stopped by Ctrl-C, which reaches ${to}, ends its steps, saves, unlocks, and says what was done`, async () => {
      nextVersion();
      const serving = await health();
      const ran = await stopped({ when: isBuilding, signals: ["SIGINT"], to });
      assert.equal(ran.code, 130, ran.stderr);
      assert.match(
        ran.stderr,
        /Stopping: nothing new is begun, what is under way ends first, the state is saved\./,
      );
      assert.match(
        ran.stderr,
        /berth: Stopped by Ctrl-C \(SIGINT\)\.\n[\s\S]*The state is saved and the lock released\. To go on: berth up dev\n$/,
      );
      assert.deepEqual(locks(), []);
      assert.deepEqual(await health(), serving);
      const up = await berth(["up", "dev"]);
      assert.equal(up.code, 0, up.stderr);
      assert.doesNotMatch(up.stderr, /Releasing the lock/);
      assert.equal((await health()).version, `3.0.${version}`);
    });

  const twice = { signals: ["SIGINT", "SIGINT"], to: "the whole group" } as const;
  const moments: [string, Omit<Stop, "signals" | "to">][] = [
    ["", { when: isBuilding }],
    // The note about the run in the state's backend comes after the lock: here it may not be there yet.
    [" the moment that it has its lock", { when: () => locks().length > 0, apart: 5 }],
  ];
  for (const [moment, stop] of moments)
    it(`an update that is stopped by a second Ctrl-C${moment} ends at once, says what is left, and the next up takes it from there`, async () => {
      nextVersion();
      const ran = await stopped({ ...stop, ...twice });
      assert.equal(ran.code, 130, ran.stderr);
      if (locks().length > 0)
        assert.match(
          ran.stderr,
          /The state still has this run's lock; the next berth up dev on this machine releases it/,
        );
      const up = await berth(["up", "dev"]);
      assert.equal(up.code, 0, up.stderr);
      assert.equal((await health()).version, `3.0.${version}`);
    });
}
