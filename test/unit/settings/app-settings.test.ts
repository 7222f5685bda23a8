import assert from "node:assert/strict";
import { containerArgs, oneOff } from "../../../components/deploy/container-spec";
import { appSchema } from "../../../components/settings/app-settings";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

const least = { port: 8000, publish: 80, servers: ["web1"] };
const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };

function problems(app: Record<string, unknown>): readonly string[] {
  const settings = {
    nexus: { hostname: "127.0.0.1", eula: "accepted" },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    servers: { web1: { docker: "unix:///x", address: "web1" } },
    apps: { blog: { ...least, release, ...app } },
  };
  return problemsOf(() => parseSettings(settings));
}

describe("the settings of an app", () => {
  it("have a default for all but its ports and servers", () => {
    const { capabilities, ...app } = appSchema.parse(least);
    assert.deepEqual(app, {
      ...least,
      gitops: [],
      volumes: {},
      env: {},
      secrets: {},
      secretEnv: [],
      memory: 512,
      readOnly: false,
      restart: "unless-stopped",
      healthTimeout: 120,
      drainTimeout: 30,
      processes: {},
      keepReleases: 3,
      releaseTimeout: 600,
    });
    assert.ok(capabilities.includes("NET_BIND_SERVICE") && !capabilities.includes("NET_RAW"));
  });

  it("never repeat a secret in an error, wherever it stands", () => {
    for (const secrets of ["hunter22", ["hunter22"], { A: { hunter22: 1 } }, { A: 5 }, { A: "" }]) {
      const said = problems({ secrets });
      assert.equal(said.length, 1);
      assert.match(said[0]!, /^berth:apps\.blog\.secrets\S*: expected .*pulumi config set --secret --path/);
      assert.ok(!said[0]!.includes("hunter22"), said[0]);
    }
    assert.match(
      problems({ secrets: { "../etc": "hunter22" } })[0]!,
      /^berth:apps\.blog\.secrets.*: expected a file's name/,
    );
  });

  it("say what they expected, with the full path", () => {
    assert.deepEqual(
      problems({
        cpus: 0,
        readOnly: "yes",
        restart: "never",
        releaseCommand: [],
        tmpfs: ["tmp"],
        user: "a b",
      }),
      [
        "berth:apps.blog.cpus: expected a number of processors above 0, got 0",
        'berth:apps.blog.user: expected user or user:group, got "a b"',
        'berth:apps.blog.readOnly: expected true or false, got "yes"',
        'berth:apps.blog.tmpfs.0: expected an absolute path, got "tmp"',
        'berth:apps.blog.restart: expected no, on-failure, always or unless-stopped, got "never"',
        "berth:apps.blog.releaseCommand: expected at least one word, got []",
      ],
    );
    assert.match(problems({ capabilities: ["net raw"] })[0]!, /capabilities\.0: expected a capability/);
  });

  it("have health as a path, a command or none, with defaults for the times", () => {
    const health = (given: unknown) => appSchema.parse({ ...least, health: given }).health;
    assert.equal(health("none"), "none");
    assert.deepEqual(health({ path: "/up" }), { path: "/up", timeout: 5, start: 0 });
    const times = { interval: 3, timeout: 2, start: 20 };
    assert.deepEqual(health({ command: ["check"], ...times }), { command: ["check"], ...times });
  });

  it("say of health what they expected, also inside", () => {
    const either = "berth:apps.blog.health: expected none, or either path (asked by http) or command, got";
    assert.deepEqual(problems({ health: "yes" }), [`${either} "yes"`]);
    assert.deepEqual(problems({ health: { interval: 3 } }), [`${either} {"interval":3}`]);
    const both = { path: "/up", command: ["x"] };
    assert.deepEqual(problems({ health: both }), [`${either} ${JSON.stringify(both)}`]);
    assert.deepEqual(problems({ health: { path: "up", port: 0, retries: 3 } }), [
      'berth:apps.blog.health.path: expected a path like /up, got "up"',
      "berth:apps.blog.health.port: expected a port 1–65535, got 0",
      "berth:apps.blog.health.retries: no such setting",
    ]);
    assert.deepEqual(problems({ health: { command: "check", timeout: "5 s" } }), [
      'berth:apps.blog.health: command: expected a list of words, got "check"; ' +
        'timeout: expected seconds, a whole number above 0, got "5 s"',
    ]);
  });

  it("have a number of releases that servers keep, with what ran before among them", () => {
    assert.equal(appSchema.parse({ ...least, keepReleases: 2 }).keepReleases, 2);
    for (const keepReleases of [1, 21, 2.5, "all"])
      assert.deepEqual(problems({ keepReleases }), [
        `berth:apps.blog.keepReleases: expected a number of releases, 2 to 20, got ${JSON.stringify(keepReleases)}`,
      ]);
  });

  it("have a look after the switch as a path, with a status or a text to be expected", () => {
    const smoke = (given: object) => appSchema.parse({ ...least, smoke: given }).smoke;
    assert.deepEqual(smoke({ path: "/up" }), { path: "/up", timeout: 30 });
    assert.deepEqual(smoke({ path: "/", expect: 204, timeout: 5 }), { path: "/", expect: 204, timeout: 5 });
    assert.equal(smoke({ path: "/", expect: "Welcome" })?.expect, "Welcome");
    assert.deepEqual(problems({ smoke: { path: "up", expect: 20, timeout: 0, host: "x" } }), [
      'berth:apps.blog.smoke.path: expected a path like /up, got "up"',
      "berth:apps.blog.smoke.expect: expected a status or a text, got 20",
      "berth:apps.blog.smoke.timeout: expected seconds, a whole number above 0, got 0",
      "berth:apps.blog.smoke.host: no such setting",
    ]);
  });

  it("make the same limits of a container and of one that runs the release command", () => {
    const app = appSchema.parse({
      ...least,
      cpus: 1.5,
      readOnly: true,
      user: "1:2",
      capabilities: ["CAP_CHOWN"],
    });
    const mounts = [{ volume: "s", path: "/run/secrets", readOnly: true }];
    const serving = containerArgs(app, { image: "i", network: "n", mounts, labels: [] });
    assert.deepEqual(serving, {
      image: "i",
      envs: [],
      networksAdvanced: [{ name: "n" }],
      volumes: [{ volumeName: "s", containerPath: "/run/secrets", readOnly: true }],
      labels: [],
      memory: 512,
      memorySwap: 512,
      cpus: "1.5",
      user: "1:2",
      readOnly: true,
      tmpfs: { "/tmp": "rw,nosuid,nodev,mode=1777" },
      capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN"] },
      restart: "unless-stopped",
      destroyGraceSeconds: 30,
      stopTimeout: 30,
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
    });
    const { HostConfig, User } = oneOff({ ...app, network: "n", mounts }, "image", ["migrate"]);
    assert.equal(User, "1:2");
    const { Memory, NanoCpus, ReadonlyRootfs, CapDrop, CapAdd, Tmpfs, Binds } = HostConfig!;
    assert.deepEqual([Memory, NanoCpus, ReadonlyRootfs], [512 * 1024 * 1024, 1_500_000_000, true]);
    assert.deepEqual([CapDrop, CapAdd, Binds], [["ALL"], ["CAP_CHOWN"], ["s:/run/secrets:ro"]]);
    assert.deepEqual(Tmpfs, serving.tmpfs);
  });
});
