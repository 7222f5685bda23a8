import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { berth, copy, docker, health, SERVER } from "../../support/stack/sandbox";
import { listReleases } from "./releases";

/** What is done by hand to a stack that runs version 2.1.0 and has a failed update in its history. */
export function servicesAndRollback(): void {
  it("lists the stack's services, and shows their logs, runs a command in one, stops and starts it", async () => {
    const listed = await berth(["ps", "dev", "--json"]);
    assert.equal(listed.code, 0, listed.stdout);
    const services = JSON.parse(listed.stdout) as { service: string; state: string; docker: string }[];
    assert.deepEqual(
      services.map(({ service, state, docker }) => [service, state, docker === SERVER]),
      [
        ["nexus", "running", false],
        ["main-edge", "running", true],
        ["main-edge-8080", "running", true],
        ["blog", "running", true],
      ],
    );
    const logs = await berth(["logs", "blog", "--tail", "5"]);
    assert.match(logs.stdout, /gunicorn/);
    const shell = await berth(["shell", "blog", "--", "sh", "-c", "cat VERSION; exit 5"]);
    assert.equal(shell.code, 5, shell.stderr);
    assert.equal(shell.stdout.trim(), (await health()).version);
    const run = await berth(["run", "blog", "--", "sh", "-c", "cat VERSION; hostname; exit 6"]);
    const shellHost = await berth(["shell", "blog", "--", "hostname"]);
    assert.equal(run.code, 6, run.stderr);
    const [version, host] = run.stdout.trim().split("\n").slice(-2); // the image's entry point says something before
    assert.equal(version, (await health()).version);
    assert.notEqual(host, shellHost.stdout.trim(), "it is a container of its own");
    assert.deepEqual(docker(["ps", "-aq", "--filter", "label=berth.run"], SERVER), []);
    assert.equal((await berth(["stop", "blog"])).code, 0);
    assert.equal((await berth(["ps"])).code, 3, "one service doesn't run");
    const unknown = await berth(["start", "blgo"]);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /no service "blgo"\. Did you mean blog\?/);
    const started = await berth(["start", "blog"]);
    assert.equal(started.code, 0, started.stderr);
    assert.equal((await health()).version, "2.1.0");
  });

  it("rolls back to a release whose container and image are gone, while GitLab's registry is down", async () => {
    const releases = await listReleases("dev");
    const earlier = releases.find(({ tag, result }) => result === "succeeded" && tag !== releases[0]!.tag)!;
    const failed = releases.filter(({ result }) => result === "failed");
    assert.ok(failed.length > 0, "the update that got unhealthy is listed as failed");
    docker(["rm", "--force", ...docker(["ps", "-aq", "--filter", "label=berth.app=blog"], SERVER)], SERVER);
    const images = docker(["images", "--quiet", "127.0.0.1:8082/blog"], SERVER);
    docker(["rmi", "--force", ...new Set(images)], SERVER);
    const path = join(copy, "Pulumi.dev.yaml");
    const right = readFileSync(path, "utf8");
    writeFileSync(path, right.replace("registry: 127.0.0.1:5050", "registry: 127.0.0.1:5999"));
    const back = await berth(["rollback", "dev"]);
    writeFileSync(path, readFileSync(path, "utf8").replace("127.0.0.1:5999", "127.0.0.1:5050"));
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stderr, /GitLab can't be asked for 127\.0\.0\.1:5999\/team\/blog\/blog:/);
    const [now] = await listReleases("dev");
    assert.deepEqual([now!.digest, now!.runsOn], [earlier.digest, ["main"]]);
    assert.equal((await berth(["up", "dev", "--unpin"])).code, 0);
    assert.equal((await health()).version, "2.1.0");
  });
}
