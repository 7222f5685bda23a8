import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { ContainerInfo } from "dockerode";
import { drainsUntil } from "../../../components/deploy/processes/draining";
import { unframe } from "../../../components/docker/docker-host";
import { type AppSettings, appSchema } from "../../../components/settings/app-settings";
import { DeployStage } from "../../support/edge/deploy-stage";
import { needsDocker } from "../../support/stack/own-sandbox";

const JOBS = 150;
/** Milliseconds between two looks, and the most that anything is waited for. */
const LOOK_MS = 200;
const PATIENCE_MS = 300_000;

describe("processes of an app", () => {
  const stage = new DeployStage();

  before(async function () {
    await needsDocker(this);
    await stage.prepare();
  });

  after(async () => stage.remove());

  const work = (seconds: number, ...more: string[]) => ["python3", "/worker.py", String(seconds), ...more];
  const withWorker = (worker: object): AppSettings =>
    stage.app({ volumes: { data: { path: "/data", allowDataLoss: true } }, processes: { worker } });

  /** The containers of the process, the newest first. */
  async function workers(): Promise<ContainerInfo[]> {
    const filters = { label: ["berth.project=deploying", "berth.process=worker"] };
    return stage.docker().listContainers({ all: true, filters });
  }

  const running = async () => (await workers()).filter(({ State }) => State === "running");

  /** The name of the one that works. */
  async function working(): Promise<string> {
    const found = (await running()).filter((one) => drainsUntil(one) === undefined);
    assert.equal(found.length, 1, JSON.stringify(found.map(({ Names }) => Names)));
    return found[0]!.Names[0]!.slice(1);
  }

  /** Runs a script on the app's volume, in a container that outlives any release. */
  async function onData(script: string): Promise<string> {
    const docker = stage.docker();
    const { Mounts, Image } = await docker.getContainer(await working()).inspect();
    const volume = Mounts.find(({ Destination }) => Destination === "/data")!.Name!;
    const container = await docker.createContainer({
      Image,
      Cmd: ["sh", "-c", script],
      HostConfig: { Binds: [`${volume}:/data`] },
    });
    try {
      await container.start();
      await container.wait();
      return unframe(await container.logs({ stdout: true, stderr: true }));
    } finally {
      await container.remove({ force: true });
    }
  }

  /** What was done, `job release` a line. */
  const done = async () =>
    (await onData("cat /data/done 2>/dev/null")).split("\n").filter((line) => line !== "");

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !(await isSo()); await pause(LOOK_MS))
      if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
  }

  const says = async () => (await fetch(stage.url())).text();

  it("lose no job and do none twice over two updates and a rollback, and old ones are gone behind them", async () => {
    const app = withWorker({ command: work(0.1) });
    const releases = [
      await stage.release("jobs-1"),
      await stage.release("jobs-2"),
      await stage.release("jobs-3"),
    ];
    await stage.up(releases[0]!, app);
    await until("the queue is there", async () => /jobs/.test(await onData("ls /data")));
    const queued = onData(`for n in $(seq 1000 ${999 + JOBS}); do : >/data/jobs/j$n; sleep 0.2; done`);
    for (const release of [releases[1]!, releases[2]!, releases[0]!]) await stage.up(release, app);
    await queued;
    await until("all jobs are done", async () => (await done()).length >= JOBS);
    const lines = await done();
    const jobs = lines.map((line) => line.split(" ")[0]);
    assert.equal(jobs.length, JOBS, "none twice");
    assert.equal(new Set(jobs).size, JOBS, "none lost");
    const by = new Set(lines.map((line) => line.split(" ")[1]));
    assert.ok(by.has("jobs-1") && by.size > 1, `done by ${[...by].join(", ")}`);
    assert.equal(await onData("ls /data/jobs"), "");
    // Where this machine is slow, one that needed more than 5 s to end is there until the next update.
    await until("the old ones have ended", async () => (await running()).length === 1);
    assert.equal(await says(), "jobs-1", "what serves went along");
    assert.deepEqual(Object.keys(await stage.stack.preview(stage.program(releases[0]!, app))), ["same"]);
  });

  it("that fail stop the switch: what served serves on, the old worker works on, the new one is stopped", async () => {
    const old = await working();
    const command = ["python3", "-c", "import time, no_such_module"];
    const error = await stage
      .up(await stage.release("jobs-4"), withWorker({ command }))
      .then(() => "", messageOf);
    assert.match(
      error,
      /site: the new container site-web1-worker-container-\w+ of process worker stopped \d times/,
    );
    assert.match(error, /No module named 'no_such_module'/);
    assert.match(error, /traffic stays where it was/);
    assert.match(
      error,
      new RegExp(`web1: process worker: ${old} works on; site-web1-worker-\\S+ is stopped`),
    );
    assert.equal(await says(), "jobs-1");
    assert.equal(await working(), old);
    const before = (await done()).length;
    await onData(": >/data/jobs/after");
    await until("the old worker does a job", async () => (await done()).includes("after jobs-1"));
    assert.equal((await done()).length, before + 1);
  });

  it("that are deaf hold up no release: Docker kills them after drainTimeout, the next update removes them", async () => {
    const deaf = withWorker({ command: work(0.1, "deaf"), drainTimeout: 25 });
    await stage.up(await stage.release("jobs-5"), deaf);
    const old = await working();
    const app = withWorker({ command: work(0.1) });
    await stage.up(await stage.release("jobs-6"), app);
    assert.equal(await says(), "jobs-6");
    const drains = async () =>
      (await workers()).find(({ Names }) => Names[0]!.startsWith(`/${old}-drains-until-`));
    assert.ok(await drains(), "the update did not wait for it");
    await until("Docker kills it", async () => (await drains())?.State === "exited");
    assert.match((await drains())!.Status, /^Exited \(137\)/);
    await stage.up(await stage.release("jobs-7"), app);
    assert.equal(await drains(), undefined);
  });

  it("are as many as their count says: all have to be fit, all share the work, and those too many end without losing any", async () => {
    const release = await stage.release("jobs-copies");
    const copies = (count: number) => withWorker({ command: work(0.2), count });
    /** Name of the process → id of the container that works. */
    const working = async () => {
      const all = await stage.docker().listContainers({ filters: { label: ["berth.process"] } });
      const now = all.filter((one) => drainsUntil(one) === undefined);
      return new Map(now.map(({ Id, Labels }) => [Labels["berth.process"]!, Id]));
    };
    await stage.up(release, copies(1));
    const first = (await working()).get("worker");
    await onData("rm -f /data/done; for n in $(seq 100 159); do : >/data/jobs/c$n; done");
    const { same: _, ...changes } = await stage.up(release, copies(3));
    assert.deepEqual(changes, { create: 2, update: 2 }, "two containers; the switch and the drain know them");
    const three = await working();
    assert.deepEqual([...three.keys()].sort(), ["worker", "worker-2", "worker-3"]);
    assert.equal(three.get("worker"), first, "the one of before is as it was");
    await stage.up(release, copies(1));
    assert.deepEqual([...(await working())], [["worker", first]]);
    await until("all jobs are done", async () => (await done()).length >= 60);
    assert.equal(new Set(await done()).size, 60, "none twice, none lost");
    await until("those too many have ended", async () => (await running()).length === 1);

    const command = ["sh", "-c", `mkdir /data/only && exec ${work(0.1).join(" ")}`];
    const unfit = withWorker({ command, count: 2 });
    const error = await stage.up(await stage.release("jobs-unfit"), unfit).then(() => "", messageOf);
    assert.match(error, /the new container site-web1-worker\S*-container-\w+ of process worker(-2)? stopped/);
    assert.match(error, /traffic stays where it was/);
    assert.deepEqual(
      [...(await working())],
      [["worker", first]],
      "the old one works on, both new ones stopped",
    );
    await stage.up(release, copies(1));
  });

  it("may be all of an app: it gives up its address, and everything goes when it goes", async () => {
    const worker = { command: work(0.1) };
    const volumes = { data: { path: "/data", allowDataLoss: true } };
    const alone = {
      ...appSchema.parse({ servers: ["web1"], memory: 128, volumes, processes: { worker } }),
      name: "site",
    };
    await stage.up(await stage.release("jobs-8"), alone);
    await assert.rejects(says());
    const served = (await stage.containers()).filter((name) => name.startsWith("site-web1-container"));
    assert.deepEqual(served, []);
    await working();
    await stage.stack.destroy();
    assert.deepEqual(await workers(), []);
  });

  const messageOf = (error: Error) => error.message;
});
