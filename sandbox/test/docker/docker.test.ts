import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chosenSocket, sandboxLabel, whyNoAnswer } from "../../docker/client";
import { isOwned, sandboxThings } from "../../docker/remove-owned";
import { defaultPlaces, type Places, stateDir } from "../../lib/places";

describe("what down removes from Docker", () => {
  let home: string;
  let places: Places;

  before(() => {
    home = mkdtempSync(join(tmpdir(), "berth-owned-"));
    places = { ...defaultPlaces, home };
    const stacks = join(stateDir(places), ".pulumi/stacks/berth");
    mkdirSync(stacks, { recursive: true });
    const state = (...resources: object[]) => JSON.stringify({ checkpoint: { latest: { resources } } });
    const identity = { type: "pulumi-nodejs:dynamic/stack:Identity", id: "1111" };
    writeFileSync(
      join(stacks, "dev.json"),
      state(identity, { type: "container", id: "of-dev" }, { type: "x" }),
    );
    writeFileSync(join(stacks, "prod.json.gz"), gzipSync(state({ type: "volume", id: "of-prod" })));
    writeFileSync(join(stacks, "new.json"), JSON.stringify({ checkpoint: { latest: null } }));
    for (const name of ["dev.json.bak", "dev.pulumi-tags"]) writeFileSync(join(stacks, name), "of before");
  });
  after(() => rmSync(home, { recursive: true }));

  const owned = (id: string, labels: Record<string, string> | null) =>
    isOwned({ id, labels }, places, sandboxThings(places));

  it("are things of the stacks whose state is the sandbox's: by their identity, or by their ids in the state", () => {
    assert.ok(owned("half-made", { "berth.id": "1111" }));
    assert.ok(owned("of-dev", { "berth.project": "berth", "berth.stack": "dev" }));
    assert.ok(owned("of-prod", null));
  });

  it("are not things of another state, whatever their names are, nor of nobody", () => {
    assert.ok(!owned("x", { "berth.project": "berth", "berth.stack": "dev", "berth.id": "2222" }));
    assert.ok(!owned("x", { "berth.project": "berth", "berth.stack": "dev" }));
    assert.ok(!owned("x", {}));
    assert.ok(!owned("x", null));
    const none = sandboxThings({ ...places, home: join(home, "none") });
    assert.ok(!isOwned({ id: "of-dev", labels: { "berth.id": "1111" } }, places, none));
  });

  it("are things of this sandbox, not of another one", () => {
    assert.ok(owned("x", { [sandboxLabel]: home }));
    assert.ok(!owned("x", { [sandboxLabel]: "/elsewhere" }));
    assert.ok(!owned("x", { [sandboxLabel]: "" }));
  });
});

describe("the Docker of this machine", () => {
  it("is the standard one, or another socket that DOCKER_HOST names", () => {
    assert.equal(chosenSocket(""), "/var/run/docker.sock");
    assert.equal(chosenSocket("unix:///tmp/d.sock"), "/tmp/d.sock");
  });

  it("is none elsewhere: the sandbox says so", () => {
    assert.throws(() => chosenSocket("tcp://10.0.0.1:2375"), {
      exitCode: 2,
      message: /DOCKER_HOST names tcp/,
    });
  });

  it("that does not answer is told from one that does not exist", async () => {
    assert.equal(await whyNoAnswer("/tmp/berth-none.sock"), "/tmp/berth-none.sock does not exist");
    const dir = mkdtempSync(join(tmpdir(), "berth-sock-"));
    const file = join(dir, "d.sock");
    writeFileSync(file, "");
    assert.match((await whyNoAnswer(file)) ?? "", /ECONNREFUSED|ENOTSOCK/);
    rmSync(dir, { recursive: true });
  });
});
