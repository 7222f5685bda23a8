import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineFinding, pluginsFinding, wantedPlugins } from "../../../../automation/doctor/engine";
import { gitFinding, nodeFinding } from "../../../../automation/doctor/machine";
import { daysUntil } from "../../../../components/values/plain-words";
import { isOlder } from "../../../../components/values/versions";
import { withPrograms } from "./fake-programs";

describe("doctor on this machine", () => {
  it("compares versions by their numbers", () => {
    assert.deepEqual(
      [
        isOlder("1.9", "1.41"),
        isOlder("v3.100.2", "3.99.9"),
        isOlder("3.71.0-06", "3.71.0"),
        isOlder("?", "1"),
      ],
      [true, false, false, false],
    );
  });

  it("counts whole days, and below zero what is over", () => {
    const now = new Date("2026-11-30T12:00:00Z");
    const days = ["2026-12-01T11:00:00Z", "2026-12-14T12:00:00Z", "2026-11-30T11:00:00Z"].map((day) =>
      daysUntil(new Date(day), now),
    );
    assert.deepEqual(days, [0, 14, -1]);
  });

  it("fails for a Node that is too old, and takes the first that is not", () => {
    const old = nodeFinding("18.19.0", "20.18.1");
    assert.deepEqual([old.state, old.text], ["fail", "18.19.0, and Berth needs 20.18.1 or newer"]);
    assert.match(old.advice!, /22/);
    assert.equal(nodeFinding("20.18.1", "20.18.1").state, "ok");
  });

  it("fails where there is no git", async () => {
    const found = await withPrograms({}, () => gitFinding(undefined));
    assert.deepEqual([found.state, found.advice], ["fail", "Install git as this system does it"]);
    assert.match(found.text, /no git on the PATH/);
  });

  it("warns of a project in no repository, or in one without a commit, and what that costs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-doctor-"));
    try {
      const none = await gitFinding(folder);
      assert.equal(none.state, "warn");
      assert.match(
        none.text,
        /is in no git repository: no image can be built from it, releases that are pinned/,
      );
      execFileSync("git", ["-C", folder, "init", "--quiet"]);
      const empty = await gitFinding(folder);
      assert.match(empty.text, /has no commit that git can tell/);
      assert.match(empty.advice!, /commit -m/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("says how git comes to trust a repository of another user's, by its top and not by the project in it", async () => {
    const git =
      '[ "$1" = --version ] && echo "git version 2.39.5" && exit 0\n' +
      "echo \"fatal: detected dubious ownership in repository at '/srv/app'\" >&2; exit 128";
    const found = await withPrograms({ git }, () => gitFinding("/srv/app/deploy"));
    assert.deepEqual(
      [found.state, found.advice],
      ["fail", "git config --global --add safe.directory /srv/app"],
    );
  });

  it("fails without a Pulumi CLI, for one that is none, and for one that is too old to be driven", async () => {
    const cases = [
      [{}, /There is no `pulumi` on the PATH/],
      [{ pulumi: "echo what?" }, /tells no version: what\?/],
      [{ pulumi: "echo v3.1.9" }, /^3\.1\.9, and its Automation API needs 3\.2\.0/],
    ] as const;
    for (const [programs, words] of cases) {
      const found = await withPrograms(programs, () => engineFinding("3.248.0"));
      assert.deepEqual([found.state, words.test(found.text)], ["fail", true], found.text);
      assert.match(found.advice!, /curl -fsSL .* \| sh/);
    }
  });

  it("warns of a CLI that is older than the library, and says nothing of a newer one", async () => {
    const found = (version: string) =>
      withPrograms({ pulumi: `echo ${version}` }, () => engineFinding("3.248.0"));
    assert.match((await found("v3.200.0")).text, /older than the library that Berth has \(3\.248\.0\)/);
    assert.deepEqual(await found("v3.274.1"), { what: "Pulumi CLI", state: "ok", text: "3.274.1" });
  });

  it("names the plugins that are missing, or older than wanted, with a line to paste for each", async () => {
    const wanted = [
      { name: "docker", version: "5.2.0" },
      { name: "random", version: "4.21.2" },
      { name: "command", version: "1.2.1" },
    ];
    const there = [
      { name: "docker", kind: "resource", version: "5.2.0" },
      { name: "random", kind: "resource", version: "4.1.0" },
    ];
    const list = `echo '${JSON.stringify(there)}'`;
    const found = await withPrograms({ pulumi: list }, () => pluginsFinding(wanted, undefined));
    assert.equal(found.state, "warn");
    assert.equal(
      found.advice,
      "pulumi plugin install resource random 4.21.2\npulumi plugin install resource command 1.2.1",
    );
    const both = { pulumi: list, "pulumi-resource-random": "", "pulumi-resource-command": "" };
    assert.equal((await withPrograms(both, () => pluginsFinding(wanted, undefined))).state, "ok");
  });

  it("wants the plugin for buildx only where a build has secrets or an ssh agent", () => {
    const names = (build: object, more = {}) =>
      wantedPlugins({ apps: [{ build: { secrets: {}, ssh: false, ...build }, ...more }] } as never)
        .map(({ name }) => name)
        .filter((name) => name === "docker-build");
    assert.deepEqual(names({}), []);
    assert.deepEqual(names({ secrets: { TOKEN: "x" } }), ["docker-build"]);
    assert.deepEqual(names({ ssh: true }), ["docker-build"]);
    assert.deepEqual(names({ ssh: true }, { release: { tag: "1" } }), []);
  });

  it("wants GitLab's plugin only where the settings keep something there, in the version of the library", () => {
    const names = (more: object) => wantedPlugins(more).map(({ name }) => name);
    assert.deepEqual(names({}), ["docker", "command", "random"]);
    assert.deepEqual(names({ gitlab: { manage: {} } }), ["docker", "command", "random", "gitlab"]);
    assert.ok(
      wantedPlugins({ gitlab: { manage: {} } } as never).every(({ version }) =>
        /^\d+\.\d+\.\d+$/.test(version),
      ),
    );
  });
});
