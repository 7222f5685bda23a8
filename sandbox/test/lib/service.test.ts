import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../test/support/free-port";
import { answers, holderOf, isListening } from "../../lib/listening";
import { defaultPlaces, type Places, pidFile } from "../../lib/places";
import { refuseTakenPorts } from "../../lib/ports";
import { identify, isAlive, type ProcessIdentity, readLiveProcess } from "../../lib/process-file";
import { isOwnProcess, type ServiceSpec, startService, stopService } from "../../lib/service";

describe("services", () => {
  let places: Places;
  let port: number;

  beforeEach(async () => {
    const run = mkdtempSync(join(tmpdir(), "berth-service-"));
    mkdirSync(run, { recursive: true });
    port = await freePort();
    places = { ...defaultPlaces, run, ports: { ...defaultPlaces.ports, gitlab: port } };
  });
  afterEach(async () => {
    await stopService(places, "web", 1000);
    rmSync(places.run, { recursive: true });
  });

  const listener = (extra = "") =>
    `require("node:http").createServer((_, r) => r.end("ok")).listen(${port}, "127.0.0.1");${extra}`;
  const spec = (script = listener()): ServiceSpec => ({
    name: "web",
    command: process.execPath,
    args: ["-e", script],
    isReady: () => answers(port),
    readyTimeoutMs: 20_000, // of a busy machine
    graceMs: 1000,
  });
  const current = () => readLiveProcess(pidFile(places, "web")) as ProcessIdentity;

  it("start once, and run on in a session of their own", async () => {
    assert.equal(await startService(places, spec()), "started");
    const first = current();
    assert.equal(await startService(places, spec()), "running");
    assert.deepEqual(current(), first);
    const session = readFileSync(`/proc/${first.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[3];
    assert.equal(Number(session), first.pid);
  });

  it("are known by the port they hold", async () => {
    await startService(places, spec());
    assert.ok(isListening(port, "127.0.0.1"));
    assert.deepEqual(holderOf(port), { address: "127.0.0.1", pid: current().pid, command: "node" });
    assert.ok(isOwnProcess(places, current().pid));
    assert.ok(!isOwnProcess({ ...places, run: `${places.run}-other` }, current().pid));
  });

  it("start again where they died and where what they run changed", async () => {
    await startService(places, spec());
    const first = current();
    process.kill(first.pid, "SIGKILL");
    while (isAlive(first)) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await startService(places, spec()), "started");
    const second = current();
    assert.equal(await startService(places, { ...spec(), fingerprintOf: ["new"] }), "started");
    assert.ok(!isAlive(second));
  });

  it("are ended with what they started, also where a killed up left no pid file", async () => {
    const script = listener(`require("node:child_process").spawn("sleep", ["61"], {stdio: "ignore"});`);
    await startService(places, spec(script));
    const children = readFileSync(`/proc/${current().pid}/task/${current().pid}/children`, "utf8");
    const child = Number(children.trim().split(" ")[0]);
    assert.ok(child > 0);
    rmSync(pidFile(places, "web"));
    assert.equal(await stopService(places, "web", 1000), true);
    assert.equal(await answers(port), false);
    assert.equal(identify(child), undefined);
    assert.equal(await stopService(places, "web", 1000), false);
  });

  it("of a sandbox inside a container, with the same folders but other mounts, are left alone", async () => {
    const alone = process.getuid?.() === 0 ? ["--mount"] : ["--map-root-user", "--mount"];
    const env = { ...process.env, BERTH_SANDBOX_SERVICE: `${places.run}:web` };
    const inside = spawn("unshare", [...alone, "sh", "-c", "echo up; exec sleep 63"], { env });
    await new Promise((resolve) => inside.stdout.once("data", resolve));
    const identity = identify(inside.pid ?? 0);
    assert.ok(identity && !isOwnProcess(places, identity.pid));
    assert.equal(await stopService(places, "web", 1000), false);
    assert.ok(isAlive(identity));
    inside.kill("SIGKILL");
  });

  it("that end at once fail with their last log lines", async () => {
    const failing = spec('console.error("no such thing"); process.exit(3)');
    await assert.rejects(
      startService(places, failing),
      /web ended at once; its last log lines.*\nno such thing/s,
    );
  });

  it("that are not ready in time fail with the limit and their log", async () => {
    const slow = { ...spec('console.error("thinking"); setInterval(() => {}, 1000)'), readyTimeoutMs: 3000 };
    await assert.rejects(startService(places, slow), /web is not ready after 3 s.*\nthinking/s);
  });

  it("whose program is missing fail with its name", async () => {
    const missing = { ...spec(), command: "berth-no-such-program" };
    await assert.rejects(startService(places, missing), /cannot run berth-no-such-program/);
  });

  it("find a port that somebody else holds, with its purpose and holder", async () => {
    const foreign = { ...places, run: `${places.run}/other` };
    mkdirSync(foreign.run);
    await startService(foreign, spec());
    const onlyThis = { ...places, ports: { ...(await otherPorts()), gitlab: port } };
    assert.throws(
      () => refuseTakenPorts(onlyThis),
      new RegExp(`127\\.0\\.0\\.1:${port} \\(for GitLab\\) is held by node \\(pid \\d+\\)$`),
    );
    await stopService(foreign, "web", 1000);
    refuseTakenPorts(onlyThis);
  });

  async function otherPorts(): Promise<Places["ports"]> {
    const names = Object.keys(defaultPlaces.ports);
    const free = await Promise.all(names.map(freePort));
    return Object.fromEntries(names.map((name, index) => [name, free[index]])) as unknown as Places["ports"];
  }
});
