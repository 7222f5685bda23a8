import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Change } from "../../../automation/change/model/change";
import { withPin } from "../../../automation/stack-file/pin";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { isShared } from "../../../sandbox/server/start";
import { berth, commit, copy, health, prodHealth } from "../../support/stack/sandbox";
import { Project } from "./project";
import { listReleases } from "./releases";

/** Waits until dev's Nexus answers again after a start. */
async function untilNexus(): Promise<void> {
  const status = "http://127.0.0.1:8081/service/rest/v1/status";
  const answers = async () => {
    const answer = await fetch(status, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    return answer?.status === 200;
  };
  for (let waited = 0; !(await answers()); waited += 250) {
    assert.ok(waited < 600_000, "Nexus doesn't answer");
    await pause(250);
  }
}

/** From dev, which runs version 2.1.0, to prod, which is not there yet. Dev runs 2.2.0 afterwards. */
export function promotion(): void {
  const prod = join(copy, "Pulumi.prod.yaml");
  const preview = join(copy, ".berth", "change", "preview.json");
  const project = new Project();
  let reviewed: Change;

  after(() => project.stop());

  it("shows what a promotion would change in prod, and with another hash promotes nothing", async function () {
    if (isShared(defaultPlaces)) this.skip(); // prod needs the second Docker host
    const made = await berth(["up", "prod"]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /blog waits for its first release: berth promote FROM prod/);
    const before = readFileSync(prod, "utf8");
    const shown = await berth(["promote", "dev", "prod", "--preview", "--out", ".berth/change"]);
    assert.equal(shown.code, 0, shown.stderr);
    reviewed = JSON.parse(readFileSync(preview, "utf8")) as Change;
    const differs = await berth(["promote", "dev", "prod", "--expect", "0".repeat(64)]);
    assert.equal(differs.code, 3, differs.stderr);
    assert.match(differs.stderr, /Review the new change: berth promote dev prod --preview/);
    assert.equal(readFileSync(prod, "utf8"), before, "nothing is pinned by looking");
  });

  it("promotes what dev runs to prod, as shipped: the same digest out of a Nexus of its own, nothing built", async function () {
    if (isShared(defaultPlaces)) this.skip();
    await project.start();
    const asked = await berth(["promote", "dev", "prod", "--release", "another"]);
    assert.equal(asked.code, 1);
    assert.match(
      asked.stderr,
      /blog is not promoted from dev: it runs \S+ \(sha256:\S+\), and asked for was another/,
    );
    const args = ["promote", "dev", "prod", "--expect", preview, "--commit", "--json"];
    const promoted = await berth(args, project.job);
    assert.equal(promoted.code, 0, promoted.stderr);
    const { steps } = JSON.parse(promoted.stdout) as { steps: { type: string }[] };
    assert.ok(!steps.some(({ type }) => type === "docker:index/image:Image"), "nothing was built");
    const [[inDev], [inProd]] = [await listReleases("dev"), await listReleases("prod")];
    assert.deepEqual([inProd!.tag, inProd!.digest], [inDev!.tag, inDev!.digest]);
    assert.deepEqual([inProd!.from, inProd!.result, inProd!.runsOn], ["dev", "succeeded", ["main"]]);
    const release = { tag: inDev!.tag, digest: inDev!.digest };
    assert.deepEqual(reviewed.releases, [{ app: "blog", after: release, where: ["main"] }]);
    const forecasts = reviewed.copies.map(({ blobs = 0, unknown }) => [blobs > 0, unknown]);
    assert.deepEqual(
      forecasts,
      [[true, undefined]],
      "both registries were asked, prod's by its own authority",
    );
    const inGit = await project.file("Pulumi.prod.yaml");
    const pinned = withPin(project.committed("Pulumi.prod.yaml"), "blog", { ...release, from: "dev" });
    assert.equal(inGit.text, pinned);
    assert.equal(inGit.author, "ann@berth.invalid");
    assert.match(inGit.message, new RegExp(`^Release blog ${release.tag} to prod \\[skip ci\\]\n`));
    assert.equal((await prodHealth()).version, "2.1.0");
    const { apps } = JSON.parse((await berth(["outputs", "prod", "--json"])).stdout);
    assert.equal(apps.blog.releasedImage, `10.77.0.2:8082/blog@${inDev!.digest}`);
    assert.match(readFileSync(join(copy, "Pulumi.prod.yaml"), "utf8"), /\n {8}from: "dev"\n/);
    const after = await berth(["preview", "prod", "--json"]);
    const { hash: _hash, warnings, ...change } = JSON.parse(after.stdout);
    const lists = ["steps", "replaced", "deletions", "volumes", "files", "heals", "renames", "scales"];
    const nothing = Object.fromEntries([...lists, "runsOnce", "images"].map((list) => [list, []]));
    assert.deepEqual(change, { changes: {}, ...nothing });
    assert.equal(warnings.length, 1, "the sandbox's Nexus is of a version with a known vulnerability");
  });

  it("keeps dev's password, which prod copies with, a secret in prod's state", async function () {
    if (isShared(defaultPlaces)) this.skip();
    const { accounts } = JSON.parse((await berth(["outputs", "dev", "--json", "--show-secrets"])).stdout);
    const state = readFileSync("/var/lib/berth-sandbox/state/.pulumi/stacks/berth/prod.json", "utf8");
    assert.ok(accounts.puller.password.length >= 20);
    assert.ok(!state.includes(accounts.puller.password));
    assert.ok(state.includes("blog-copy"));
  });

  it("rolls prod back, and promotes again what it has had, while dev's Nexus is stopped", async function () {
    if (isShared(defaultPlaces)) this.skip();
    const [first] = await listReleases("prod");
    commit("app/VERSION", () => "2.2.0\n", "Version 2.2.0");
    assert.equal((await berth(["up", "dev"])).code, 0);
    assert.equal((await berth(["promote", "dev", "prod"])).code, 0);
    assert.equal((await prodHealth()).version, "2.2.0");
    assert.equal((await berth(["stop", "nexus"])).code, 0);
    try {
      const back = await berth(["rollback", "prod", "--commit"], project.job);
      assert.equal(back.code, 0, back.stderr);
      assert.match((await project.file("Pulumi.prod.yaml")).text, new RegExp(`tag: "${first!.tag}"\n`));
      assert.equal((await prodHealth()).version, "2.1.0");
      const [now] = await listReleases("prod");
      assert.deepEqual([now!.digest, now!.runsOn], [first!.digest, ["main"]]);
      const again = await berth(["promote", "dev", "prod"]);
      assert.equal(again.code, 0, again.stderr);
    } finally {
      assert.equal((await berth(["start", "nexus"])).code, 0);
    }
    assert.equal((await prodHealth()).version, "2.2.0");
    assert.equal((await health()).version, "2.2.0", "dev's app needs no Nexus to run");
    await untilNexus();
  });
}
