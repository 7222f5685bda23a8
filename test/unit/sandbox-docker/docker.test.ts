import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chosenSocket, sandboxLabel, whyNoAnswer } from "../../../sandbox/docker/client";
import { isOwned, sandboxStacks } from "../../../sandbox/docker/remove-owned";
import { defaultPlaces, type Places, stateDir } from "../../../sandbox/lib/places";

describe("what down removes from Docker", () => {
  let home: string;
  let places: Places;

  before(() => {
    home = mkdtempSync(join(tmpdir(), "berth-owned-"));
    places = { ...defaultPlaces, home };
    const stacks = join(stateDir(places), ".pulumi/stacks/berth");
    mkdirSync(stacks, { recursive: true });
    for (const name of ["dev.json", "prod.json.gz", "dev.json.bak", "notes.txt"])
      writeFileSync(join(stacks, name), "{}");
  });
  after(() => rmSync(home, { recursive: true }));

  it("are things of the stacks whose state is the sandbox's", () => {
    assert.deepEqual(
      sandboxStacks(places).sort((a, b) => a.stack.localeCompare(b.stack)),
      [
        { project: "berth", stack: "dev" },
        { project: "berth", stack: "prod" },
      ],
    );
    assert.deepEqual(sandboxStacks({ ...places, home: join(home, "none") }), []);
  });

  it("are not things of another stack, another project or nobody", () => {
    const owned = (labels: Record<string, string> | null) => isOwned(labels, places, sandboxStacks(places));
    assert.ok(owned({ "berth.project": "berth", "berth.stack": "dev" }));
    assert.ok(!owned({ "berth.project": "berth", "berth.stack": "live" }));
    assert.ok(!owned({ "berth.project": "other", "berth.stack": "dev" }));
    assert.ok(!owned({}));
    assert.ok(!owned(null));
  });

  it("are things of this sandbox, not of another one", () => {
    assert.ok(isOwned({ [sandboxLabel]: home }, places, []));
    assert.ok(!isOwned({ [sandboxLabel]: "/elsewhere" }, places, []));
    assert.ok(!isOwned({ [sandboxLabel]: "" }, places, []));
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
