import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ServedApp } from "../../../components/settings/app-settings";
import { DeployStage } from "../../support/edge/deploy-stage";
import { Load, summary } from "../../support/edge/load";
import { needsDocker } from "../../support/stack/own-sandbox";

const UPDATES = 20;
const ROLLBACKS = 5;
const PER_SECOND = 120;
/** More than the load can ask in the time that the test may take. */
const MOST_REQUESTS = 40_000;

/** What an app sees of what its settings give it. */
const SEEN = "by the server\n100\n4321\n10.9.8.7 db.internal\n1\nread-only\n";

describe("updating an app", function () {
  this.timeout(600_000);
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

  it("an unhealthy release never gets a request; the error tells why, what runs and what to do", async () => {
    await stage.up(await stage.release("fit"), guarded());
    const load = new Load(stage.url(), PER_SECOND, 5000);
    const ill = await stage.release("ill", ['ENV BROKEN="no database"']);
    const error = await stage.up(ill, guarded()).then(() => undefined, messageOf);
    const { answers } = await load.stop();
    assert.deepEqual(new Set(answers.map(({ said, failure }) => failure ?? said)), new Set(["fit"]));
    const [fresh, old] = (await stage.containers()) as [string, string];
    assert.match(
      error!,
      new RegExp(`site: the new container ${fresh} is not healthy; traffic stays where it was`),
    );
    assert.match(error!, /Its health check last said: 503 no database/);
    assert.match(error!, /Its last log lines:\n.*version ill starts\n.*careless: TOKEN \[secret\]/);
    assert.match(error!, new RegExp(`web1: ${old} serves on; ${fresh} gets no traffic`));
    assert.ok(!stage.project.printed.includes(TOKEN), "what the app logged is not repeated");
    await stage.up(await stage.release("well"), guarded());
    assert.equal(await says(), "well");
    assert.equal((await stage.containers()).length, 1, "the old and the unfit one are gone");
  });

  describe("whose image has no HEALTHCHECK", () => {
    const unchecked = (version: string, ...lines: string[]) =>
      stage.release(version, ["HEALTHCHECK NONE", ...lines]);

    /** Updates under a steady load. */
    async function underLoad(image: string, app?: ServedApp) {
      const load = new Load(stage.url(), PER_SECOND, MOST_REQUESTS);
      const error = await stage.up(image, app).then(() => undefined, messageOf);
      const { answers } = await load.stop();
      return { error, said: [...new Set(answers.map(({ said, failure }) => failure ?? said))].sort() };
    }

    it("gets its first request when it listens, however long it needs to start", async () => {
      await stage.up(await unchecked("quick"));
      const { error, said } = await underLoad(await unchecked("slow-to-start", "ENV STARTS_FOR=8"));
      assert.equal(error, undefined);
      assert.deepEqual(said, ["quick", "slow-to-start"]);
    });

    it("never gets one where its program crashes, is for another machine or listens elsewhere; the reason is told", async () => {
      await stage.up(await unchecked("steady"));
      const missing = await unchecked("crashing", `CMD ["python3", "-c", "import time, no_such_module"]`);
      const crashed = await underLoad(missing);
      assert.match(
        crashed.error!,
        /stopped \d times, the last time with exit code 1; .*No module named 'no_such_module'/s,
      );
      const odd = await unchecked(
        "odd",
        "USER root",
        `RUN echo 'echo hi' > /odd && chmod +x /odd`,
        `CMD ["/odd"]`,
      );
      const foreign = await underLoad(odd);
      assert.match(foreign.error!, /^.*Its program is for another kind of machine.*exec format error/s);
      const local = await unchecked(
        "local",
        `CMD ["python3", "-m", "http.server", "--bind", "127.0.0.1", "8000"]`,
      );
      const elsewhere = await underLoad(local, stage.app({ healthTimeout: 8 }));
      assert.match(
        elsewhere.error!,
        /is not healthy after 8 s; .*its port 8000 takes no connection from the edge proxy's network: connection refused/s,
      );
      for (const { said } of [crashed, foreign, elsewhere]) assert.deepEqual(said, ["steady"]);
    });

    it("is asked by http, or by a command, as the settings say", async () => {
      await stage.up(await unchecked("fine"), stage.app({ health: { path: "/healthz" } }));
      assert.equal(await says(), "fine");
      const health = { path: "/healthz", interval: 1 };
      const broken = await unchecked("broken", 'ENV BROKEN="no database"');
      const asked = await underLoad(broken, stage.app({ health, healthTimeout: 6 }));
      assert.match(
        asked.error!,
        /Asked for \/healthz on port 8000, from the edge .* last said: 503 no database/,
      );
      assert.deepEqual(asked.said, ["fine"]);
      const command = { command: ["python3", "/health.py"] };
      const failing = await underLoad(broken, stage.app({ health: command, healthTimeout: 6 }));
      assert.match(failing.error!, /Its health check last said: 503 no database/);
      await stage.up(await unchecked("better"), stage.app({ health: command }));
      assert.equal(await says(), "better");
    });
  });

  it("secrets are files of the app's user, and nowhere in plain text; limits are what settings say", async () => {
    assert.equal(await stage.inApp(["stat", "-c", "%a %u:%g", "/run/secrets/TOKEN"]), "400 10001:10002\n");
    assert.equal(await stage.inApp(["cat", "/run/secrets/TOKEN"]), TOKEN);
    assert.deepEqual(await secretVariables(), [`TOKEN=${TOKEN}`, "TOKEN_FILE=/run/secrets/TOKEN"]);
    const [name] = await stage.containers();
    const inspected = await stage.docker().getContainer(name!).inspect();
    const { HostConfig } = inspected;
    assert.ok(!JSON.stringify(inspected).includes(TOKEN), "docker inspect doesn't tell");
    assert.ok(!stage.project.written().includes(TOKEN), "state, history and settings don't tell");
    assert.deepEqual(
      [HostConfig.NanoCpus, HostConfig.Memory, HostConfig.ReadonlyRootfs, HostConfig.RestartPolicy?.Name],
      [500_000_000, 128 * 1024 * 1024, true, "unless-stopped"],
    );
    assert.deepEqual(
      await stage.inApp(["sh", "-c", "touch /x 2>/dev/null || touch /tmp/x && echo only tmp"]),
      "only tmp\n",
    );
    const status = await stage.inApp(["grep", "Cap", "/proc/self/status"], "root");
    assert.match(
      status,
      /CapBnd:\s0+4eb\b/,
      "chown, dac_override, fowner, kill, setgid, setuid, net_bind_service",
    );
    assert.deepEqual(Object.keys(await stage.stack.refresh()), ["same"]);
    const program = stage.program(await stage.release("well"), guarded());
    assert.deepEqual(Object.keys(await stage.stack.preview(program)), ["same"]);
    const volumes = await secretVolumes();
    await stage.up(await stage.release("well"), guarded("another-token-1"));
    assert.equal(await stage.inApp(["cat", "/run/secrets/TOKEN"]), "another-token-1");
    const [left, ...more] = await secretVolumes();
    assert.deepEqual(more, []);
    assert.ok(!volumes.includes(left!), "another value is another volume, the old one is gone");
  });

  it("has the labels, limits, names, devices and paths of the server that the settings give it, and so has its release command", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-host-path-"));
    chmodSync(folder, 0o777); // that nothing can be written there is the mount's doing
    writeFileSync(join(folder, "told"), "by the server\n");
    const look =
      "cat /media/told; df -m /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; ulimit -n; getent hosts db.internal | tr -s ' '; head -c 1 /dev/nothing | wc -c; touch /media/x 2>/dev/null || echo read-only";
    const app = stage.app({
      labels: { "com.example.team": "site" },
      ulimits: { nofile: 4321 },
      extraHosts: { "db.internal": "10.9.8.7" },
      dns: ["10.9.8.6"],
      shmSize: 100,
      devices: [{ path: "/dev/zero", inside: "/dev/nothing", permissions: "r" }],
      hostPaths: { [folder]: "/media" },
      log: { driver: "local", options: { "max-size": "2m" } },
      releaseCommand: ["sh", "-c", `(${look}) >/tmp/seen; printf '${SEEN}' | cmp - /tmp/seen`],
    });
    try {
      await stage.up(await stage.release("with-options"), app);
      assert.equal(await stage.inApp(["sh", "-c", look]), SEEN);
      const [name] = await stage.containers();
      const { Config, HostConfig } = await stage.docker().getContainer(name!).inspect();
      assert.equal(Config.Labels["com.example.team"], "site");
      assert.deepEqual(HostConfig.Dns, ["10.9.8.6"]);
      assert.deepEqual(HostConfig.LogConfig, {
        Type: "local",
        Config: { "max-size": "2m", "max-file": "3" },
      });
      assert.deepEqual(Object.keys(await stage.stack.refresh()), ["same"]);
      const program = stage.program(await stage.release("with-options"), app);
      assert.deepEqual(Object.keys(await stage.stack.preview(program)), ["same"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("a smoke check that fails says so and takes nothing back; the release before is deployed again in its place", async () => {
    const [good, bad] = [await stage.release("smoke-1"), await stage.release("smoke-2")];
    const app = stage.app({ smoke: { path: "/", expect: "smoke-1", timeout: 3 } });
    await stage.up(good, app);
    const error = await stage.up(bad, app).then(() => undefined, messageOf);
    assert.match(
      error!,
      /site: the new release has the traffic on all of its servers, and its smoke check failed for 3 s:\s+web1: GET http:\/\/127\.0\.0\.1:\d+\/: 200 smoke-2; expected 200 to 399 with "smoke-1" in it/,
    );
    assert.match(error!, /Next: berth rollback/);
    assert.equal(await says(), "smoke-2", "nothing is taken back by itself");
    assert.equal((await stage.containers()).length, 2, "the one of before runs still");
    await stage.up(good, app);
    assert.equal(await says(), "smoke-1");
    assert.equal((await stage.containers()).length, 1);
  });

  it("a release command runs once for each release; where it fails, the old release serves on", async () => {
    const app = (...command: string[]) =>
      stage.app({ volumes: { data: { path: "/data", allowDataLoss: true } }, releaseCommand: command });
    const note = app("sh", "-c", "echo $VERSION >> /data/runs");
    const [one, two] = [await stage.release("step-1"), await stage.release("step-2")];
    await stage.up(one, note);
    const failing = app("sh", "-c", "echo column exists already >&2; exit 7");
    const error = await stage.up(two, failing).then(() => undefined, messageOf);
    assert.match(
      error!,
      /site: the release command `sh -c .*` of \S+@sha256:\S+ ended with exit code 7; no container/,
    );
    assert.match(error!, /Its last log lines:\n\s*column exists already/);
    assert.equal(await says(), "step-1");
    assert.equal((await stage.containers()).length, 1);
    await stage.up(two, note);
    await stage.up(one, note);
    assert.equal(await says(), "step-1");
    assert.equal(
      await stage.inApp(["cat", "/data/runs"]),
      "step-1\nstep-2\n",
      "a rollback doesn't run it again",
    );
    const label = ["berth.resource=site-release"];
    assert.deepEqual(await stage.docker().listContainers({ all: true, filters: { label } }), []);
  });

  it("two servers: where one edge refuses, both serve the old release; then both the new one", async () => {
    const servers = [stage.web1, await stage.web2()];
    const both = async () =>
      Promise.all(servers.map(async (server) => (await fetch(stage.url(server))).text()));
    await stage.up(await stage.release("pair-1"), undefined, servers);
    assert.deepEqual(await both(), ["pair-1", "pair-1"]);
    await stage.inEdge(
      "web2",
      "echo '}' > /config/apps/broken.caddy; for site in /config/apps/site@*; do echo '# by hand' >> $site; done",
    );
    const two = await stage.release("pair-2");
    const error = await stage.up(two, undefined, servers).then(() => undefined, messageOf);
    assert.match(
      error!,
      /the edge proxy of web2 did not take the new route; no traffic has moved, on any server/,
    );
    assert.match(error!, /web1: site-web1-container-\w+ serves, as before/);
    assert.deepEqual(await both(), ["pair-1", "pair-1"]);
    await stage.inEdge("web2", "rm /config/apps/broken.caddy");
    await stage.up(two, undefined, servers);
    assert.deepEqual(await both(), ["pair-2", "pair-2"]);
  });

  it("a server that is restarted comes back by itself", async () => {
    await stage.restartWeb2();
    const server = await stage.web2();
    let answer = "";
    for (let tries = 0; tries < 150 && answer !== "pair-2"; tries++) {
      answer = await fetch(stage.url(server), { signal: AbortSignal.timeout(5000) }).then(
        (response) => response.text(),
        () => pause(200, ""),
      );
    }
    assert.equal(answer, "pair-2");
  });

  it("five releases leave three images and one container on a server, and what somebody's container uses; a rollback pulls nothing", async () => {
    const server = await stage.web2(); // the other one has what was built as well
    const docker = stage.docker(server);
    const images = async () => {
      const names = (await docker.listImages()).flatMap(({ RepoDigests }) => RepoDigests ?? []);
      return names.filter((name) => name.startsWith(`${stage.registry}/site@`)).sort();
    };
    const deploy = (image: string) => stage.up(image, undefined, [server]);
    const releases: string[] = [];
    for (let number = 1; number <= 5; number++)
      releases.push(
        await stage.release(`kept-${number}`, ["RUN head -c 1000000 /dev/urandom >/tmp/ballast"]),
      );
    const [first, , third, fourth, fifth] = releases as [string, string, string, string, string];
    await deploy(first);
    const before = { images: await images(), containers: await stage.containers(server) };
    assert.ok(before.images.length <= 3 && before.images.includes(first), before.images.join());
    const held = await docker.createContainer({ Image: first, Cmd: ["true"] });
    try {
      for (const release of releases.slice(1)) await deploy(release);
      assert.deepEqual(await images(), [first, third, fourth, fifth].sort());
      assert.deepEqual([before.containers.length, (await stage.containers(server)).length], [1, 1]);
      assert.match(stage.project.printed, /"web2: removed 1 image of site, (at most )?\d+\.\d MB"/);
      assert.deepEqual(Object.keys(await stage.stack.preview(stage.program(fifth, undefined, [server]))), [
        "same",
      ]);
      const since = Math.floor(Date.now() / 1000);
      await deploy(fourth);
      const until = Math.ceil(Date.now() / 1000);
      const pulls = await docker.getEvents({ since, until, filters: { type: ["image"], event: ["pull"] } });
      const events: Buffer[] = [];
      for await (const chunk of pulls) events.push(Buffer.from(chunk));
      assert.ok(!Buffer.concat(events).toString().includes(fourth), "it was there still");
    } finally {
      await held.remove({ force: true });
    }
    await deploy(fifth);
    assert.deepEqual(await images(), [third, fourth, fifth].sort(), "nobody uses it any more");
  });

  const TOKEN = `token-${"s3cr3t".repeat(3)}`;
  const guarded = (token = TOKEN) => {
    const secrets = { secrets: { TOKEN: token }, secretEnv: ["TOKEN", "TOKEN_FILE"] };
    // Without the variable the release command fails, and with it the update.
    const releaseCommand = ["sh", "-c", 'test "$TOKEN" = "$(cat $TOKEN_FILE)"'];
    return stage.app({ ...secrets, cpus: 0.5, readOnly: true, releaseCommand, releaseTimeout: 60 });
  };
  /** Of the app's own process. */
  const secretVariables = async () =>
    (await stage.inApp(["cat", "/proc/1/environ"]))
      .split("\0")
      .filter((one) => one.startsWith("TOKEN"))
      .sort();
  const messageOf = (error: Error) => error.message;
  const secretVolumes = async () => {
    const filters = { label: ["berth.resource=site-web1-secrets"] };
    return ((await stage.docker().listVolumes({ filters })).Volumes ?? []).map(({ Name }) => Name);
  };
});
