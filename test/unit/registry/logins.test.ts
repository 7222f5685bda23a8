import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLogins, IncompleteLogin } from "../../../components/registry/logins/logins";

describe("the logins of a copy", () => {
  let folder: string;
  const SOURCE = "gitlab.example.com:5050";
  const TARGET = "nexus.example.com:8082";
  const explicit = {
    BERTH_SOURCE_USERNAME: "src",
    BERTH_SOURCE_PASSWORD: "s",
    BERTH_TARGET_USERNAME: "dst",
    BERTH_TARGET_PASSWORD: "t",
  };
  const gitlab = { CI_REGISTRY_USER: "ci", CI_REGISTRY_PASSWORD: "c" };
  /** The user names that are found, and where. */
  const find = async (env: NodeJS.ProcessEnv, source = SOURCE, target = TARGET) => {
    const { credentials, origins } = await findLogins({
      source: placeOf(source),
      target: placeOf(target),
      env: { DOCKER_CONFIG: folder, HOME: folder, ...env },
    });
    return Object.fromEntries(
      Object.entries(credentials).map(([host, account]) => [
        host,
        `${(account as { username: string }).username} from ${origins[host]}`,
      ]),
    );
  };
  const placeOf = (text: string) => {
    const [registry = "", ...path] = text.split("/");
    return { registry, repository: path.join("/") };
  };
  const docker = (...hosts: string[]) => {
    const auths = Object.fromEntries(hosts.map((host) => [host, { username: "docker", password: "d" }]));
    writeFileSync(join(folder, "config.json"), JSON.stringify({ auths }));
    return `docker from ${join(folder, "config.json")}`;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-logins-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are none where there are none", async () => {
    assert.deepEqual(await find({}), {});
  });

  it("are Berth's own variables before GitLab's, and GitLab's before Docker's", async () => {
    const own = docker(SOURCE, TARGET);
    assert.deepEqual(await find({}), { [SOURCE]: own, [TARGET]: own });
    assert.deepEqual(await find({ ...gitlab, CI_REGISTRY: TARGET }), {
      [SOURCE]: own,
      [TARGET]: "ci from CI_REGISTRY_USER",
    });
    assert.deepEqual(await find({ ...explicit, ...gitlab, CI_REGISTRY: TARGET }), {
      [SOURCE]: "src from BERTH_SOURCE_USERNAME",
      [TARGET]: "dst from BERTH_TARGET_USERNAME",
    });
  });

  it("of GitLab go to the registry that CI_REGISTRY names, and to no other", async () => {
    assert.deepEqual(await find({ ...gitlab, CI_REGISTRY: "registry.example.com" }), {});
    const both = await find({ ...gitlab, CI_REGISTRY: SOURCE.toUpperCase() }, SOURCE, SOURCE);
    assert.deepEqual(both, { [SOURCE]: "ci from CI_REGISTRY_USER" });
  });

  it("of GitLab go to the source where CI_REGISTRY names nothing", async () => {
    for (const CI_REGISTRY of [undefined, ""])
      assert.deepEqual(await find({ ...gitlab, CI_REGISTRY }), { [SOURCE]: "ci from CI_REGISTRY_USER" });
  });

  it("inside one registry are the target's, else the source's", async () => {
    const { BERTH_SOURCE_USERNAME, BERTH_SOURCE_PASSWORD } = explicit;
    assert.deepEqual(await find(explicit, TARGET, TARGET), { [TARGET]: "dst from BERTH_TARGET_USERNAME" });
    assert.deepEqual(await find({ BERTH_SOURCE_USERNAME, BERTH_SOURCE_PASSWORD }, TARGET, TARGET), {
      [TARGET]: "src from BERTH_SOURCE_USERNAME",
    });
  });

  it("of Docker are the repositories' own where they differ, also inside one registry", async () => {
    const own = docker(`${SOURCE}/team`, SOURCE, `${TARGET}/blog`);
    const paths = (source: string, target: string) => find({}, source, target);
    assert.deepEqual(await paths(`${SOURCE}/team/blog`, `${TARGET}/blog`), {
      [`${SOURCE}/team`]: own,
      [`${TARGET}/blog`]: own,
    });
    assert.deepEqual(await paths(`${SOURCE}/team/blog`, `${SOURCE}/other/blog`), {
      [`${SOURCE}/team`]: own,
      [SOURCE]: own,
    });
    assert.deepEqual(await paths(`${SOURCE}/other`, `${TARGET}/blogs`), { [SOURCE]: own });
  });

  it("take an empty variable for none, and refuse half a login instead of making one of two", async () => {
    assert.deepEqual(await find({ BERTH_TARGET_USERNAME: "", BERTH_TARGET_PASSWORD: "" }), {});
    await assert.rejects(
      find({ ...gitlab, BERTH_SOURCE_USERNAME: "src" }),
      (error: Error) =>
        error instanceof IncompleteLogin &&
        error.message ===
          "BERTH_SOURCE_USERNAME is set, but BERTH_SOURCE_PASSWORD is not: set both, or neither",
    );
    await assert.rejects(
      find({ BERTH_TARGET_PASSWORD: "hunter2" }),
      /^IncompleteLogin: BERTH_TARGET_PASSWORD is set, but BERTH_TARGET_USERNAME is not: set both, or neither$/,
    );
  });

  it("don't look into Docker's file where it isn't needed", async () => {
    writeFileSync(join(folder, "config.json"), "broken");
    assert.equal(Object.keys(await find(explicit)).length, 2);
    await assert.rejects(find({}), /expected a JSON object/);
  });
});
