import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { feed } from "../../support/feed";
import {
  berth,
  berthCommand,
  commit,
  copy,
  demo,
  docker,
  git,
  health,
  killTree,
  root,
  run,
  SERVER,
  sandboxEnv,
  start,
  whyNoSandbox,
  writePost,
} from "../../support/stack/sandbox";
import { healing } from "./healing";
import { survivesKills } from "./kills";
import { neighbours } from "./neighbours";
import { promotion } from "./promotion";
import { renames } from "./renames";
import { servicesAndRollback } from "./services";
import { stopping } from "./stopping";

interface Result {
  readonly outputs: { readonly apps: { readonly blog: { readonly release: { readonly tag: string } } } };
  readonly digests: Readonly<Record<string, string>>;
  readonly times: readonly { readonly name: string; readonly seconds: number }[];
}

describe("the whole pipeline in the sandbox", () => {
  before(function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`  skipped: ${why}`);
      this.skip();
    }
  });

  const status = () => execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
  const statusBefore = status();

  it("npm run demo: builds, copies, deploys, updates, rolls back, every step as expected", async () => {
    const ran = await demo("--json");
    assert.equal(ran.code, 0, ran.stderr);
    const { digests, times } = JSON.parse(ran.stdout) as Result;
    assert.deepEqual(Object.keys(digests), ["built", "gitlab", "nexus", "running"]);
    assert.equal(new Set(Object.values(digests)).size, 1);
    assert.ok(times.length >= 11);
    console.log(
      times.map(({ name, seconds }) => `      ${seconds.toFixed(1).padStart(6)} s  ${name}`).join("\n"),
    );
    assert.equal(status(), statusBefore, "the checkout is as it was");
  });

  it("pulumi up by hand runs the same program: nothing to change", async () => {
    const ran = await run(
      ["pulumi", "up", "--yes", "--stack", "dev", "--expect-no-changes"],
      sandboxEnv(),
      copy,
    );
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  });

  it("a refresh finds the world as the state has it, and leaves nothing to change", async () => {
    const refreshed = await berth(["refresh", "dev", "--json"]);
    assert.equal(refreshed.code, 0, refreshed.stderr);
    assert.deepEqual(JSON.parse(refreshed.stdout), { changes: {}, unseen: [] });
    const preview = await berth(["preview", "dev", "--json"]);
    const { hash: _hash, images, warnings, ...change } = JSON.parse(preview.stdout);
    const nothing = {
      replaced: [],
      volumes: [],
      files: [],
      heals: [],
      renames: [],
      scales: [],
      runsOnce: [],
    };
    assert.deepEqual(change, { changes: {}, steps: [], deletions: [], ...nothing });
    assert.equal(images.length, 1, "of one base");
    assert.equal(warnings.length, 1, "the sandbox's Nexus is of a version with a known vulnerability");
  });

  it("doctor finds nothing wrong but the version of the sandbox's Nexus, and leaves nothing behind", async () => {
    const there = () => [undefined, SERVER].flatMap((host) => docker(["ps", "-aq"], host)).sort();
    const before = there();
    const ran = await berth(["doctor", "dev", "--json"]);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    const { findings }: { findings: { what: string; state: string }[] } = JSON.parse(ran.stdout);
    // How much space a machine has left is its own affair.
    const isSpace = ({ what }: { what: string }) => /: disk$|: blob store /.test(what);
    const worthAWord = findings.filter((one) => one.state !== "ok" && !isSpace(one));
    assert.deepEqual(
      worthAWord.map(({ what }) => what),
      ["Nexus: version"],
      ran.stdout,
    );
    assert.ok(findings.length > 25, String(findings.length));
    assert.deepEqual(there(), before);
  });

  it("keeps every password out of outputs, state, history and the engine's own text", async () => {
    const plain = await berth(["outputs", "dev", "--json", "--show-secrets"]);
    const accounts = JSON.parse(plain.stdout).accounts as Record<string, { password: string }>;
    const token = sandboxEnv()["CI_REGISTRY_PASSWORD"]!;
    const passwords = [token, ...Object.values(accounts).map(({ password }) => password)];
    assert.equal(passwords.length, 5);
    const places = {
      outputs: (await berth(["outputs", "dev"])).stdout,
      preview: (await berth(["preview", "dev", "--verbose"])).stderr,
    };
    for (const secret of passwords) {
      assert.ok(secret.length >= 20);
      for (const [place, text] of Object.entries(places))
        assert.ok(!text.includes(secret), `a password in ${place}`);
      // Never an argument: the pattern is read from a file descriptor.
      const search = ["-rlF", "-f", "-", "/var/lib/berth-sandbox/state", join(copy, "Pulumi.dev.yaml")];
      const found = await new Promise<string>((resolve) => {
        const { child, ended } = start(["grep", ...search]);
        feed(child, `${secret}\n`);
        void ended.then(({ stdout }) => resolve(stdout));
      });
      assert.equal(found, "", "a password lies in plain text in the state or the settings");
    }
  });

  it("the puller can't push, the pusher can't delete, and nobody gets in without a login", async () => {
    const { stdout } = await berth(["outputs", "dev", "--json", "--show-secrets"]);
    const { accounts, apps } = JSON.parse(stdout);
    const digest = apps.blog.release.digest as string;
    const ask = async (account: string | undefined, method: string, path: string) => {
      const { username, password } = accounts[account ?? ""] ?? {};
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
      const headers: Record<string, string> = {
        accept: "application/vnd.docker.distribution.manifest.v2+json",
      };
      if (account) headers["authorization"] = authorization;
      return (await fetch(`http://127.0.0.1:8082/v2/blog/${path}`, { method, headers })).status;
    };
    assert.equal(await ask(undefined, "GET", `manifests/${digest}`), 401);
    assert.equal(await ask("puller", "GET", `manifests/${digest}`), 200);
    assert.ok([401, 403].includes(await ask("puller", "POST", "blobs/uploads/")));
    assert.equal(await ask("pusher", "POST", "blobs/uploads/"), 202);
    assert.ok([401, 403].includes(await ask("pusher", "DELETE", `manifests/${digest}`)));
    assert.ok([401, 403].includes(await ask("base-reader", "POST", "blobs/uploads/")));
  });

  it("the built image holds no trace of the CA bundle that its build was given", () => {
    assert.ok(!existsSync(join(copy, "app", ".berth-ca.crt")), "nor does the checkout");
    const [container] = docker(["ps", "--quiet", "--filter", "label=berth.app=blog"], SERVER);
    const find = ["exec", "--user", "0", container!, "find", "/", "-xdev", "-name", "*berth-ca*"];
    assert.deepEqual(docker(find, SERVER), []);
  });

  it("wrong settings cost no engine: one line each, exit 2", async () => {
    const path = join(copy, "Pulumi.dev.yaml");
    const right = readFileSync(path, "utf8");
    writeFileSync(
      path,
      right.replace("hub: {", "releases: { port: x }\n      hub: {").replace("publish: 8080", "publish: 0"),
    );
    const ran = await berth(["up", "dev"]);
    writeFileSync(path, right);
    assert.equal(ran.code, 2);
    const [first, ...lines] = ran.stderr.trim().split("\n");
    assert.match(first!, /^berth: .*Pulumi\.dev\.yaml:$/);
    assert.deepEqual(lines, [
      'berth:nexus.repositories.releases.port: expected a port 1–65535, got "x"',
      "berth:apps.blog.publish: expected a port 1–65535, got 0",
    ]);
  });

  it("a wrong GitLab password stops the push with a clear error, and the next up goes on", async () => {
    const before = await health();
    const title = `Written at ${Date.now()}`;
    await writePost(title);
    commit("app/VERSION", () => "2.0.0\n", "Version 2.0.0");
    const wrong = "not-the-password-at-all";
    const ran = await berth(["up", "dev"], { CI_REGISTRY_PASSWORD: wrong });
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /blog: build:[\s\S]*(denied|unauthorized|authentication required)/i);
    assert.ok(!ran.stderr.includes(wrong));
    assert.deepEqual(await health(), before);
    const again = await berth(["up", "dev"]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await health()).version, "2.0.0");
    const page = await fetch("http://127.0.0.1:8080/", { signal: AbortSignal.timeout(10_000) });
    assert.ok((await page.text()).includes(title), "what was written before the update is there after it");
  });

  it("an app that never gets healthy: the old version serves on, the error holds the reason and the log", async () => {
    commit("app/VERSION", () => "2.1.0\n", "Version 2.1.0");
    commit(
      "app/healthcheck.py",
      (text) => `import sys\nsys.exit("the moon is in the wrong phase")\n${text}`,
      "Break",
    );
    const ran = await berth(["up", "dev"]);
    assert.equal(ran.code, 1);
    assert.match(
      ran.stderr,
      /blog: the new container blog-main-container-\w+ is not healthy; traffic stays where it was/,
    );
    assert.match(ran.stderr, /Its health check last said: the moon is in the wrong phase/);
    assert.match(ran.stderr, /Its last log lines:\n.*\S/);
    assert.ok(!/\n\s+at /.test(ran.stderr.slice(ran.stderr.lastIndexOf("berth: "))), "no stack trace");
    assert.equal((await health()).version, "2.0.0");
  });

  it("what serves after that update, stopped by hand: drift says so, and its way back is the right one", async () => {
    const [, serving] = docker(["ps", "-a", "-q", "--filter", "label=berth.app=blog"], SERVER); // newest first
    docker(["stop", "-t", "1", serving!], SERVER);
    const drift = await berth(["drift", "dev"]);
    assert.equal(drift.code, 3, drift.stderr);
    assert.match(drift.stdout, /^1 resource differs: /);
    assert.match(drift.stdout, /: stopped\n[\s\S]*To bring that back: berth rollback dev\. /);
    const back = await berth(["rollback", "dev"]);
    assert.equal(back.code, 0, back.stderr);
    assert.equal((await health()).version, "2.0.0");
    git("revert", "--no-edit", "HEAD");
    const again = await berth(["up", "dev", "--unpin"]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await health()).version, "2.1.0");
    assert.equal(
      docker(["ps", "-a", "-q", "--filter", "label=berth.app=blog"], SERVER).length,
      1,
      "one container is left",
    );
  });

  it("another run's lock: exit 4 while nothing says that its holder is gone, and what people can do", async () => {
    const locks = "/var/lib/berth-sandbox/state/.pulumi/locks/organization/berth/dev";
    const lock = join(locks, "5e1f0000-0000-4000-8000-000000000000.json");
    const hold = (pid: number) => {
      mkdirSync(locks, { recursive: true });
      const holder = { pid, username: "ann", hostname: hostname(), timestamp: new Date().toISOString() };
      writeFileSync(lock, JSON.stringify(holder));
    };
    hold(process.pid);
    const waiting = await berth(["up", "dev"]);
    assert.equal(waiting.code, 4, waiting.stderr);
    assert.match(
      waiting.stderr,
      /The stack dev is locked by ann@\S+ \(process \d+, since \S+\) and it can't be known from here that this run is gone\. Nothing was changed\. Wait for it; if it is gone for good: pulumi cancel --stack dev/,
    );
    assert.ok(existsSync(lock), "the lock of a living process stays");
    hold(Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" })));
    const unsure = await berth(["up", "dev"]);
    assert.equal(unsure.code, 4, unsure.stderr);
    assert.match(unsure.stderr, /pulumi cancel --stack dev/);
    assert.ok(existsSync(lock), "a lock that has said nothing of its holder stays");
    rmSync(lock);
  });

  it("no Docker where the settings say: the error names the resource and the address", async () => {
    const path = join(copy, "Pulumi.dev.yaml");
    const right = readFileSync(path, "utf8");
    writeFileSync(path, right.replace(SERVER, "unix:///run/berth/nowhere.sock"));
    const ran = await berth(["refresh", "dev"]);
    const applied = await berth(["up", "dev"]);
    writeFileSync(path, right);
    assert.equal(applied.code, 1, ran.stderr);
    assert.match(applied.stderr.slice(applied.stderr.lastIndexOf("berth: ")), /nowhere\.sock/);
    assert.equal((await berth(["up", "dev"])).code, 0);
    assert.equal((await health()).version, "2.1.0");
  });

  servicesAndRollback();
  healing();
  neighbours();
  promotion();
  survivesKills();
  stopping();
  renames();

  it("a taken port (at preview) and a Nexus that is not ready in time: clear errors, and the next up goes on from there", async () => {
    const destroyed = await berth(["destroy", "dev", "--yes"]);
    assert.equal(destroyed.code, 0, destroyed.stderr);
    const left = ["--filter", "label=berth.stack=dev", "--format", "{{.Names}} {{.Image}} {{.Status}}"];
    assert.deepEqual(docker(["ps", "-a", ...left]), []);
    const thief = createServer().listen(8083, "127.0.0.1");
    const taken = await berth(["preview", "dev"]);
    thief.close();
    assert.equal(taken.code, 1);
    assert.match(
      taken.stderr.slice(taken.stderr.lastIndexOf("berth: ")),
      /Nexus: ports:[\s\S]*port 8083 of unix:\/\/\/var\/run\/docker.sock is taken by another process/,
    );

    const path = join(copy, "Pulumi.dev.yaml");
    const right = readFileSync(path, "utf8");
    writeFileSync(path, right.replace("hostname:", "readyTimeout: 2\n    hostname:"));
    const late = await berth(["up", "dev"]);
    writeFileSync(path, right);
    assert.equal(late.code, 1);
    assert.match(
      late.stderr,
      /is not ready after 2 s \(limit: berth:nexus\.readyTimeout\): it is still starting, .*\. Its last log lines:\n/,
    );
  });

  it("kill -9 in the middle: the next demo sweeps, goes on and leaves no orphan", async () => {
    const { child, ended, said } = start(berthCommand(["up", "dev", "--verbose"]), sandboxEnv(), copy);
    feed(child);
    const begun = /main-edge creating|registry-repository-releases creating|blog-image creating/;
    for (let waited = 0; !begun.test(said()) && waited < 600_000; waited += 50) await pause(50);
    killTree(child);
    await ended;
    assert.match(said(), begun);
    const ran = await demo("--json");
    assert.equal(ran.code, 0, ran.stderr);
    const state = JSON.parse(
      (await run(["pulumi", "stack", "export", "--stack", "dev"], sandboxEnv(), copy)).stdout,
    );
    const ids = state.deployment.resources.map((resource: { id?: string }) => resource.id);
    for (const host of [undefined, SERVER]) {
      const made = docker(["ps", "-a", "-q", "--no-trunc", "--filter", "label=berth.stack=dev"], host);
      assert.deepEqual(
        made.filter((id) => !ids.includes(id)),
        [],
        "every container is in the state",
      );
    }
    assert.equal(status(), statusBefore);
  });

  it("npm run demo:down leaves no container, volume, network, namespace or process behind", async () => {
    const ran = await demo("down");
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok(!existsSync("/run/berth"), "sockets and pid files are gone");
    assert.ok(!execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).includes("berth"));
    const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
    assert.deepEqual(
      processes.filter((line) => /\/var\/lib\/berth-sandbox|\/run\/berth|tsx\S* \S+\/sandbox\//.test(line)),
      [],
    );
  });
});
