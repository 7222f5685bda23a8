import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { DeployStage } from "../support/deploy-stage";
import { Load, summary } from "../support/load";
import { needsDocker } from "../support/own-sandbox";

const UPDATES = 20;
const ROLLBACKS = 5;
const PER_SECOND = 120;
/** More than the load can ask in the time that the test may take. */
const MOST_REQUESTS = 40_000;

describe("updating an app", function () {
  this.timeout(240_000);
  const stage = new DeployStage();

  before(async function () {
    await needsDocker(this);
    await stage.prepare();
  });

  after(async () => stage.remove());

  const says = async (path = "") => (await fetch(`${stage.url()}${path}`)).text();

  it(`${UPDATES} updates and ${ROLLBACKS} rollbacks under a steady load: not one request fails`, async () => {
    const releases: string[] = [];
    for (let number = 0; number <= UPDATES; number++) releases.push(await stage.release(`r${number}`));
    await stage.up(releases[0]!);
    const load = new Load(stage.url(), PER_SECOND, MOST_REQUESTS);
    const began = Date.now();
    const path = [...releases.keys()].slice(1);
    const back = Array.from({ length: ROLLBACKS }, (_, step) => UPDATES - 1 - 3 * step);
    for (const number of [...path, ...back]) {
      await stage.up(releases[number]!);
      assert.equal(await says(), `r${number}`);
    }
    const seconds = (Date.now() - began) / 1000;
    const answers = await load.stop();
    console.log(`      ${summary(answers)}, in ${Math.round(seconds)} s`);
    assert.deepEqual(
      answers.answers.filter(({ failure }) => failure !== undefined),
      [],
    );
    assert.ok(answers.answers.length >= 100 * seconds * 0.95, "the load was steady");
    assert.equal(new Set(answers.answers.map(({ said }) => said)).size, UPDATES + 1, "every release served");
    assert.equal((await stage.containers()).length, 1, "one container is left");
  });

  it("requests that take 5 s and are under way survive the switch and the old container's end", async () => {
    const [one, two] = [await stage.release("slow-1"), await stage.release("slow-2")];
    await stage.up(one);
    const asked = Array.from({ length: 10 }, () => says("slow"));
    await pause(300);
    await stage.up(two);
    assert.equal(await says(), "slow-2");
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(["slow-1"]));
  });
});
