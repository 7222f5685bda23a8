import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { servicesOf } from "../../../automation/services/find-services";
import { runOneOff } from "../../../automation/services/one-off";
import { servicesText } from "../../../automation/services/services-text";
import { stackContainers } from "../../../automation/services/stack-containers";
import { providers } from "../../../components/deploy/secret-volume";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { fakeStreams, fakeTerminal, HAS_SIZE } from "../../support/fake-terminal";
import { needsDocker } from "../../support/stack/own-sandbox";
import { stackStateOf } from "../../support/stack/stack-state";
import { BASE, importBase, RUN, removeImages } from "../providers/harness";

const HOST = `unix://${standardSocket}`;

/** As an app's container is: an image with an entry point, a user, limits, volumes, a network of its own. */
const SERVES = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

describe("berth run on a real Docker", function () {
  this.timeout(600_000);
  const state = stackStateOf(randomBytes(8).toString("hex"));
  const identity = state.identity!.identity;
  let docker: Docker;
  let app: Docker.Container;

  before(async function () {
    await needsDocker(this);
    docker = dockerAt(standardSocket);
    await importBase();
    await docker.createNetwork({ Name: `${RUN}-net` });
    for (const name of ["data", "secrets"]) await docker.createVolume({ Name: `${RUN}-${name}` });
    await fillSecrets();
    app = await docker.createContainer({
      Image: BASE,
      Cmd: ["/bin/sh", "-c", SERVES],
      Env: ["MODE=production", "PATH=/bin"],
      User: "1234:1234",
      StopTimeout: 2,
      Labels: { "berth.id": identity, "berth.resource": "shop-web1-container", "berth.app": "shop" },
      Healthcheck: { Test: ["CMD-SHELL", "exit 0"], Interval: 1e9, Timeout: 1e9, Retries: 1, StartPeriod: 0 },
      HostConfig: {
        NetworkMode: `${RUN}-net`,
        Binds: [`${RUN}-data:/data`, `${RUN}-secrets:/run/secrets:ro`],
        Memory: 64 * 1024 * 1024,
        MemorySwap: 64 * 1024 * 1024,
        ReadonlyRootfs: true,
        Tmpfs: { "/tmp": "rw,mode=1777" },
        CapDrop: ["ALL"],
        RestartPolicy: { Name: "unless-stopped" },
      },
    });
    await app.start();
  });

  after(async () => {
    if (!docker) return;
    for (const { Id } of await ofStack()) await docker.getContainer(Id).remove({ force: true });
    await docker.getNetwork(`${RUN}-net`).remove();
    for (const name of ["data", "secrets"]) await docker.getVolume(`${RUN}-${name}`).remove();
    await removeImages();
  });

  async function fillSecrets(): Promise<void> {
    const script = "echo s3cret >/s/TOKEN; busybox chmod 400 /s/TOKEN; busybox chown 1234 /s/TOKEN /d";
    const words = ["/bin/busybox", "sh", "-c", script];
    const Binds = [`${RUN}-secrets:/s`, `${RUN}-data:/d`];
    const filler = await docker.createContainer({
      Image: BASE,
      Cmd: words,
      Env: ["PATH=/bin"],
      HostConfig: { Binds },
    });
    await filler.start();
    assert.equal((await filler.wait()).StatusCode, 0);
    await filler.remove();
  }

  const ofStack = () => docker.listContainers({ all: true, filters: { label: [`berth.id=${identity}`] } });

  /** Nothing of a run is left, and the one that serves is as it was. */
  async function onlyTheAppIsLeft() {
    for (let tries = 0; (await ofStack()).length > 1 && tries < 100; tries++) await pause(50);
    const left = await ofStack();
    assert.deepEqual(
      left.map(({ Id, State }) => [Id, State]),
      [[app.id, "running"]],
    );
  }

  const place = () => ({ service: "shop", app: "shop", server: "web1", docker: HOST, like: app.id });

  async function run(script: string, input = "") {
    const terminal = fakeStreams();
    terminal.input.end(input);
    const code = await runOneOff({ ...place(), command: ["/bin/sh", "-c", script], terminal });
    const read = (stream: PassThrough) => stream.read()?.toString() ?? "";
    return { code, output: read(terminal.output), errors: read(terminal.errors) };
  }

  it("has the app's environment, secrets, volumes, user and limits, and leaves nothing but what it wrote", async () => {
    const look =
      "echo $MODE; busybox id -u; cat /run/secrets/TOKEN; echo kept > /data/by-hand; " +
      "echo no > /run/secrets/TOKEN || echo read-only; echo no > /file || echo root too; echo yes > /tmp/file && cat /tmp/file";
    const { code, output } = await run(look);
    assert.deepEqual(
      [code, output.split("\n")],
      [0, ["production", "1234", "s3cret", "read-only", "root too", "yes", ""]],
    );
    const later = await run(
      "cat /data/by-hand; busybox cat /sys/fs/cgroup/memory.max 2>/dev/null || echo 67108864",
    );
    assert.equal(later.output, "kept\n67108864\n");
    await onlyTheAppIsLeft();
  });

  it("takes its input, keeps both outputs apart and gives the exit code, also of what ends at once", async () => {
    const ran = await run("busybox tr a-z A-Z; echo sorry >&2; exit 7", "hello\n");
    assert.deepEqual(ran, { code: 7, output: "HELLO\n", errors: "sorry\n" });
    for (let times = 0; times < 5; times++) assert.equal((await run("exit 3")).code, 3);
    await onlyTheAppIsLeft();
  });

  it("says what could not be run, and leaves nothing", async () => {
    const terminal = fakeStreams();
    terminal.input.end();
    await assert.rejects(
      runOneOff({ ...place(), command: ["/no/such/program"], terminal }),
      /^CommandError: shop: \/no\/such\/program in shop-web1-run-[0-9a-f]{7} on unix:.*no such file/s,
    );
    await onlyTheAppIsLeft();
  });

  it("is listed as what it is while it runs, and as no service; a signal stops it", async () => {
    const terminal = fakeStreams();
    const script = "trap 'echo cleaning up; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    const running = runOneOff({ ...place(), command: ["/bin/sh", "-c", script], terminal });
    const failed = running.then(
      () => assert.fail("it was stopped"),
      (error: Error & { exit?: number }) => error,
    );
    let said = "";
    terminal.output.on("data", (chunk) => {
      said += chunk;
    });
    await once(terminal.output, "data");
    const services = await servicesOf([], await stackContainers(state, [HOST]));
    assert.deepEqual(
      services.map(({ name, idle, container, runs }) => [name, idle, container?.id, runs?.length]),
      [["web1/shop", [], app.id, 1]],
    );
    assert.match(
      servicesText(services),
      /^shop: shop-web1-run-[0-9a-f]{7} is a command by hand \(berth run\)$/m,
    );
    const others = process.listeners("SIGTERM").length;
    process.emit("SIGTERM", "SIGTERM");
    const error = await failed;
    assert.match(
      error.message,
      /^shop: stopped by SIGTERM; shop-web1-run-[0-9a-f]{7} is stopped and gone\.$/,
    );
    assert.equal(error.exit, 130);
    assert.equal(said, "ready\ncleaning up\n");
    assert.equal(process.listeners("SIGTERM").length, others - 1, "signals are left to Node again");
    await onlyTheAppIsLeft();
  });

  it("keeps the secrets that it has when an update takes them away, which nothing else may", async () => {
    const volume = `${RUN}-old`;
    await docker.createVolume({ Name: volume });
    const user = (Labels: Record<string, string>) =>
      docker.createContainer({
        Image: BASE,
        Cmd: ["/bin/sh"],
        Labels,
        HostConfig: { Binds: [`${volume}:/run/secrets`] },
      });
    const remove = () => providers.SecretVolume.delete(volume, { docker: HOST });
    const there = () => docker.getVolume(volume).inspect();
    const run = await user({ "berth.run": "web1" });
    await remove();
    assert.equal((await there()).Name, volume, "it goes with the next secrets");
    const other = await user({});
    await assert.rejects(remove(), /volume is in use/);
    for (const one of [run, other]) await one.remove();
    await remove();
    await assert.rejects(there(), { statusCode: 404 });
    await remove();
  });

  it("has a terminal of the size of ours where there is one", async () => {
    const terminal = fakeTerminal();
    const { input, modes, seen } = terminal;
    const ended = runOneOff({ ...place(), command: ["/bin/sh"], terminal });
    input.write(`${HAS_SIZE}; tty; stty size; exit 4\n`);
    assert.equal(await ended, 4);
    assert.match(seen(), /\/dev\/pts\/\d+[\s\S]*42 101|\/dev\/console[\s\S]*42 101/);
    assert.deepEqual(modes, [true, false]);
    await onlyTheAppIsLeft();
  });
});
