import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { changeService } from "../../../automation/services/change-service";
import { containerLogs, type LogLine } from "../../../automation/services/container-logs";
import { servicesOf } from "../../../automation/services/find-services";
import { runInteractively } from "../../../automation/services/interactive";
import { stackContainers } from "../../../automation/services/stack-containers";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { fakeStreams, fakeTerminal, HAS_SIZE } from "../../support/fake-terminal";
import { needsDocker } from "../../support/stack/own-sandbox";
import { stackStateOf } from "../../support/stack/stack-state";
import { BASE, importBase, removeImages } from "../providers/harness";

const HOST = `unix://${standardSocket}`;

/** Writes to both streams, then waits; ends at SIGTERM. Healthy while /ill isn't there. */
const PROGRAM = 'echo "to out"; echo "to err" >&2; trap "echo bye; exit 0" TERM; while :; do sleep 0.1; done';

describe("services on a real Docker", function () {
  this.timeout(600_000);
  const state = stackStateOf(randomBytes(8).toString("hex"));
  let docker: Docker;
  let container: Docker.Container;

  before(async function () {
    await needsDocker(this);
    docker = dockerAt(standardSocket);
    await importBase();
    container = await docker.createContainer({
      Image: BASE,
      Cmd: ["/bin/sh", "-c", PROGRAM],
      Labels: {
        "berth.id": state.identity!.identity,
        "berth.resource": "shop-web1-container",
        "berth.app": "shop",
      },
      Healthcheck: { Test: ["CMD-SHELL", "test ! -e /ill || { echo feeling ill; exit 1; }"], ...TIMES },
    });
    await container.start();
  });

  after(async () => {
    if (!container) return;
    await container.remove({ force: true });
    await removeImages();
  });

  const secrets = { stack: "dev", known: async () => undefined };
  const one = () => ({ service: "shop", docker: HOST, container: container.id, secrets });
  const change = (verb: "start" | "stop" | "restart", healthTimeout = 30) =>
    changeService({ ...one(), verb, healthTimeout });
  const found = async () => {
    const [service] = await servicesOf([], await stackContainers(state, [HOST]));
    return service!;
  };

  it("are found by their labels, with their state", async () => {
    await change("start"); // it runs; waits until it is healthy
    const { name, app, server, state, container: info } = await found();
    assert.deepEqual([name, app, server, state], ["web1/shop", "shop", "web1", "running"]);
    assert.equal(info!.id, container.id);
    assert.equal((await stackContainers(stackStateOf("other"), [HOST]))[0]!.containers.length, 0);
  });

  it("stop in good order and start again, and say where there was nothing to do", async () => {
    assert.equal(await change("stop"), true);
    assert.equal((await found()).state, "stopped");
    assert.equal((await container.inspect()).State.ExitCode, 0, "it ended by itself");
    assert.equal(await change("stop"), false);
    assert.equal(await change("start"), true);
    assert.equal((await found()).state, "running");
    assert.equal(await change("start"), false);
    assert.equal(await change("restart"), true);
  });

  it("tell the health check's last answer and the log where they don't get healthy", async () => {
    assert.equal(await command(["/bin/busybox", "touch", "/ill"]).then(({ code }) => code), 0);
    await assert.rejects(change("restart"), (error: Error) => {
      assert.match(error.message, /^shop: after the restart it is not healthy/);
      assert.match(error.message, /Its health check last said: feeling ill\nIts last log lines:\n/);
      assert.match(error.message, /to out/);
      return true;
    });
    assert.equal((await found()).state, "unhealthy");
    await command(["/bin/busybox", "rm", "/ill"]);
    await change("restart");
  });

  it("give their log line by line with stream and time, as many of the last as wanted", async () => {
    const lines: LogLine[] = [];
    await containerLogs({ ...one(), follow: false, tail: 3 }, (line) => lines.push(line));
    assert.deepEqual(lines.map(({ stream, text }) => `${stream} ${text}`).sort(), [
      "stderr to err",
      "stdout bye",
      "stdout to out",
    ]);
    for (const { time, service } of lines) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
      assert.equal(service, "shop");
    }
  });

  it("give what was written between two times, of lines that match", async () => {
    const texts = async (over: object) => {
      const lines: string[] = [];
      await containerLogs({ ...one(), follow: false, tail: undefined, ...over }, ({ text }) =>
        lines.push(text),
      );
      return lines;
    };
    const all = await texts({});
    assert.ok(all.includes("bye") && all.includes("to out"));
    const later = Math.floor(Date.now() / 1000) + 60;
    assert.deepEqual(await texts({ since: later }), []);
    assert.deepEqual(await texts({ until: later }), all);
    assert.deepEqual(await texts({ until: later - 86_400 }), []);
    assert.deepEqual(new Set(await texts({ grep: /^to o/ })), new Set(["to out"]));
  });

  it("are followed until they end", async () => {
    const texts: string[] = [];
    const followed = containerLogs({ ...one(), follow: true, tail: 0 }, ({ text }) => texts.push(text));
    await pause(300);
    await change("stop");
    await followed;
    assert.deepEqual(texts, ["bye"]);
    await change("start");
  });

  /** Runs a command without a terminal. */
  async function command(words: string[], input = "") {
    const streams = fakeStreams();
    streams.input.end(input);
    const code = await runInteractively({ ...one(), command: words, terminal: streams });
    const read = (stream: PassThrough) => stream.read()?.toString() ?? "";
    return { code, output: read(streams.output), errors: read(streams.errors) };
  }

  it("run a command with its input, both outputs apart, and its exit code", async () => {
    const script = "busybox tr a-z A-Z; echo sorry >&2; exit 7";
    const ran = await command(["/bin/sh", "-c", script], "hello\n");
    assert.deepEqual(ran, { code: 7, output: "HELLO\n", errors: "sorry\n" });
    assert.equal((await command(["/bin/sh", "-c", "exit 0"])).code, 0);
  });

  it("say what could not be run", async () => {
    const ran = await command(["/no/such/thing"]).catch((error: Error) => ({
      code: -1,
      output: error.message,
    }));
    assert.notEqual(ran.code, 0);
    assert.match(ran.output, /no such file|no\/such\/thing/i);
  });

  it("give a shell with a terminal of the size of ours, also after a resize, and leave ours as it was", async () => {
    const terminal = fakeTerminal();
    const { input, output, modes, seen } = terminal;
    const until = async (text: RegExp) => {
      for (let waited = 0; !text.test(seen()) && waited < 60_000; waited += 50) await pause(50);
      assert.match(seen(), text);
    };
    const ended = runInteractively({ ...one(), command: ["/bin/sh"], terminal });
    input.write(`${HAS_SIZE}; tty; stty size\n`);
    await until(/\/dev\/pts\/\d+[\s\S]*42 101/);
    Object.assign(output, { columns: 80, rows: 24 });
    output.emit("resize");
    await pause(300);
    input.write("stty size; exit 3\n");
    assert.equal(await ended, 3);
    assert.match(seen(), /24 80/);
    assert.deepEqual(modes, [true, false]);
  });
});

/** Nanoseconds, as Docker takes them. */
const TIMES = { Interval: 300_000_000, Timeout: 5_000_000_000, Retries: 2, StartPeriod: 0 };
