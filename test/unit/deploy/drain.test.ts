import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { providers } from "../../../components/deploy/processes/drain";
import { drainsUntil, hasDrained } from "../../../components/deploy/processes/draining";
import { processPlaces, startStopped, stopNew } from "../../../components/deploy/processes/readiness";
import { type DockerScript, scriptedDocker } from "../../support/docker/scripted-docker";

const IDENTITY = "0123456789abcdef";
const { Drain } = providers;

function container(id: string, labels: Record<string, string> = {}, over: object = {}) {
  const own = { "berth.id": IDENTITY, "berth.app": "blog", ...labels };
  return { Id: id, Names: [`/blog-web1-${id}`], State: "running", Labels: own, ...over };
}

const worker = (id: string, over: object = {}) => container(id, { "berth.process": "worker" }, over);
const marked = (id: string, seconds: number, over: object = {}) =>
  worker(id, {
    Names: [`/blog-web1-${id}-drains-until-${Math.round(Date.now() / 1000) + seconds}`],
    ...over,
  });

/** A Docker with these containers; gives what it was asked for, without looks. */
async function withDocker(
  containers: object[],
  script: Partial<DockerScript>,
  work: (host: string, asked: string[]) => Promise<unknown>,
): Promise<string[]> {
  const asked: string[] = [];
  const docker = await scriptedDocker({
    containers,
    state: (id) => ({ Running: true, id }),
    exec: () => ({ exitCode: 0, output: "" }),
    inspection: { Name: "/blog-web1-worker", Config: { StopTimeout: 600 } },
    version: { ApiVersion: "1.41" },
    seen: (request) => {
      if (!/^GET|\/wait$/.test(request)) asked.push(request.replace(/^(\w+) \/containers\//, "$1 "));
    },
    ...script,
  });
  try {
    await work(docker.address, asked);
    return asked;
  } finally {
    docker.close();
  }
}

const want = (host: string, over: object = {}) => ({
  app: "blog",
  identity: IDENTITY,
  hosts: [host],
  current: ["new-web", "new-worker"],
  ...over,
});

const never = () => new Promise<void>(() => undefined);
const REMOVED = (id: string) => `DELETE ${id}?force=true&v=true`;

describe("the end of an app's processes", () => {
  it("comes behind that of what served, and leaves alone what isn't of the release before", async () => {
    const all = [
      container("old-web"),
      worker("old-worker"),
      container("new-web"),
      worker("new-worker"),
      worker("of-hand", { Labels: { ...worker("").Labels, "berth.run": "web1" } }),
      worker("of-shop", { Labels: { ...worker("").Labels, "berth.app": "shop" } }),
      worker("of-others", { Labels: { ...worker("").Labels, "berth.id": "another" } }),
    ];
    const asked = await withDocker(all, {}, (host) => Drain.create(want(host)));
    assert.equal(asked[0], "POST old-web/stop", "the engine removes it");
    assert.deepEqual(asked.slice(1, 3), ["POST old-worker/update", "POST old-worker/stop"]);
    assert.match(asked[3]!, /^POST old-worker\/rename\?name=blog-web1-worker-drains-until-\d+$/);
    assert.deepEqual(asked.slice(4), [REMOVED("old-worker")], "it has ended, and nothing is left of it");
  });

  it("isn't waited for where a process takes long, and asked for once; what has ended or has had its time is removed", async () => {
    const marks = [marked("busy", 300), marked("ended", 300, { State: "exited" }), marked("late", -60)];
    assert.deepEqual(marks.map(hasDrained), [false, true, true]);
    const asked = await withDocker([worker("old-worker"), ...marks], { end: never }, (host) =>
      Drain.create(want(host)),
    );
    const of = (id: string) => asked.filter((request) => request.includes(` ${id}`));
    assert.deepEqual([of("busy"), of("ended"), of("late")], [[], [REMOVED("ended")], [REMOVED("late")]]);
    const [, , renamed = "", ...more] = of("old-worker");
    assert.deepEqual(more, [], "it isn't removed");
    const until = drainsUntil({ Names: [decodeURIComponent(renamed.split("name=")[1]!)] })!;
    const seconds = (until.getTime() - Date.now()) / 1000;
    assert.ok(seconds > 400 && seconds <= 601, `${seconds} s, of drainTimeout's 600`);
  });

  it("is by the signal alone with a Docker that would kill when Berth leaves", async () => {
    const version = { ApiVersion: "1.43" };
    const inspection = { Name: "/blog-web1-worker", Config: { StopTimeout: 600, StopSignal: "SIGINT" } };
    const asked = await withDocker([worker("old-worker")], { version, inspection }, (host) =>
      Drain.create(want(host)),
    );
    assert.equal(asked[1], "POST old-worker/kill?signal=SIGINT");
  });

  it("is waited for where the app leaves a server, and where it goes", async () => {
    const LONG_MS = 6000; // more than any update waits
    const leave = async (go: (before: ReturnType<typeof want>) => Promise<unknown>) => {
      const end = () => pause(LONG_MS);
      const asked = await withDocker([worker("new-worker")], { end }, (host) => go(want(host)));
      assert.deepEqual([asked.length, asked.at(-1)], [4, REMOVED("new-worker")]);
    };
    await Promise.all([
      leave((before) => Drain.delete("id", before)),
      leave((before) => Drain.update("id", before, { ...before, hosts: [], current: [] })),
    ]);
  });

  it("follows the app's names, and is due when another release runs", async () => {
    const olds = [worker("old-worker", { Labels: { ...worker("").Labels, "berth.app": "site" } })];
    const asked = await withDocker(olds, {}, (host) => Drain.create(want(host, { was: "site" })));
    assert.equal(asked.length, 4);
    const state = want("unix:///x");
    assert.equal((await Drain.diff("id", state, want("unix:///x"))).changes, false);
    assert.equal((await Drain.diff("id", state, want("unix:///x", { current: ["other"] }))).changes, true);
  });

  it("that a Docker refuses fails the update, which says what serves", async () => {
    const failing = withDocker(
      [worker("old-worker")],
      { changed: (_, verb) => (verb === "stop" ? 500 : 204) },
      (host) => Drain.create(want(host)),
    );
    await assert.rejects(
      failing,
      /^Error: blog: its new release has the traffic, and what ran before could not be ended on unix:/,
    );
  });
});

describe("an app's processes in a switch", () => {
  const target = (docker: string, container: string) => ({
    name: "web1",
    docker,
    edge: "edge",
    process: "worker",
    container,
  });

  it("start again where a switch before has stopped them, and stop where this one fails: but for those of before", async () => {
    const asked = await withDocker(
      [],
      { changed: (id) => (id === "running" ? 304 : 204) },
      async (docker) => {
        const before = { processes: [target(docker, "running")] };
        await startStopped({ processes: [target(docker, "stopped"), target(docker, "running")] });
        assert.deepEqual(await stopNew(before, before), []);
        assert.deepEqual(await stopNew({ processes: [target(docker, "fresh")] }, before), [
          "web1: process worker: running works on; fresh is stopped",
        ]);
        assert.deepEqual(await stopNew({ processes: [target(docker, "fresh")] }, undefined), [
          "web1: process worker: none ran before; fresh is stopped",
        ]);
      },
    );
    assert.deepEqual(asked.sort(), [
      "POST fresh/stop",
      "POST fresh/stop",
      "POST running/start",
      "POST stopped/start",
    ]);
  });

  it("are a reason for one by their containers, and not by how their health is asked", () => {
    const one = target("unix:///x", "a");
    assert.equal(processPlaces({}), processPlaces({ processes: [] }));
    assert.equal(
      processPlaces({ processes: [one] }),
      processPlaces({ processes: [{ ...one, health: "none" }] }),
    );
    assert.notEqual(
      processPlaces({ processes: [one] }),
      processPlaces({ processes: [target("unix:///x", "b")] }),
    );
  });
});
