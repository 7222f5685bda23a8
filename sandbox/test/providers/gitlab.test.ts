import assert from "node:assert/strict";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { gitlabProvider } from "../../pulumi/src/providers/gitlab";
import { type Props, type Provider, UNKNOWN } from "../../pulumi/src/providers/provider";
import { Resource } from "./resource";

const project = "team/blog";
const typeOf = (name: string) => `gitlab:index/${name[0]!.toLowerCase()}${name.slice(1)}:${name}`;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** A resource of each type as a program gives it, a change in place, and one that takes a new object. */
const CASES: readonly [type: string, given: Props, changed: Props | undefined, replaced: Props][] = [
  [
    "ProjectVariable",
    { project, key: "K", value: "abcdefgh", masked: true, environmentScope: "dev" },
    {
      value: "12345678",
      masked: false,
      protected: true,
      raw: true,
      description: "What for",
      variableType: "file",
    },
    { key: "L" },
  ],
  [
    "ProjectVariable",
    { project, key: "S", value: "v", environmentScope: "dev" },
    undefined,
    { environmentScope: "*" },
  ],
  ["ProjectDeployToken", { project, name: "d", scopes: ["read_registry"] }, undefined, { username: "me" }],
  [
    "ProjectAccessToken",
    { project, name: "a", scopes: ["api"], expiresAt: inDays(10) },
    { expiresAt: inDays(20) },
    { accessLevel: "reporter" },
  ],
  [
    "PipelineSchedule",
    { project, ref: "refs/heads/main", cron: "0 3 * * *", description: "Nightly" },
    {
      cron: "0 4 * * *",
      cronTimezone: "Europe/Berlin",
      active: false,
      description: "Daily",
      ref: "refs/tags/v1",
    },
    { project: "team/other" },
  ],
  ["BranchProtection", { project, branch: "main" }, { allowForcePush: true }, { branch: "other" }],
  ["TagProtection", { project, tag: "v*" }, undefined, { createAccessLevel: "developer" }],
  [
    "ProjectEnvironment",
    { project, name: "dev", tier: "development", stopBeforeDestroy: true },
    { externalUrl: "http://127.0.0.1:8080", tier: "testing", description: "Try it" },
    { name: "prod" },
  ],
];

describe("the gitlab provider", () => {
  let gitlab: GitlabWeb;
  let provider: Provider;
  let headers: Record<string, string>;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    const token = gitlab.token("anna", { accessLevel: 40, personal: true });
    headers = { "private-token": token };
    provider = await configured({ token });
  });

  after(() => gitlab.stop());

  async function configured(config: Props): Promise<Provider> {
    const made = gitlabProvider.create();
    await made.configure({ baseUrl: `${gitlab.url}/api/v4/`, ...config });
    return made;
  }

  const resource = (type: string, name = "it") => new Resource(provider, typeOf(type), name);

  for (const [type, given, changed, replaced] of CASES) {
    const key = Object.keys(replaced)[0]!;

    it(`keeps a ${type} (${key} replaces it) as the program wants it, from its creation to its end`, async () => {
      const it = resource(type);
      const planned = await it.preview(given);
      assert.equal(planned["id"], UNKNOWN);
      const made = await it.create(given);
      for (const [name, value] of Object.entries(planned))
        if (value !== UNKNOWN) assert.deepEqual(made[name], value, `${name} is as planned`);
      assert.equal((await it.diff(given)).changes, false, "no change after the creation");
      await it.read();
      assert.equal((await it.diff(given)).changes, false, "no change after a refresh");

      if (changed) {
        const diff = await it.diff({ ...given, ...changed });
        assert.deepEqual(
          [Object.keys(diff.detailed).sort(), diff.replaces],
          [Object.keys(changed).sort(), []],
        );
        const updated = await it.update({ ...given, ...changed });
        for (const [name, value] of Object.entries(changed)) assert.deepEqual(updated[name], value);
        await it.read();
        assert.equal((await it.diff({ ...given, ...changed })).changes, false);
      }
      assert.deepEqual((await it.diff({ ...given, ...changed, ...replaced })).replaces, [key]);

      await it.delete();
      assert.equal(await it.read(), undefined);
      // As with the plugin; a revoked token is still there to be revoked.
      if (["ProjectVariable", "ProjectAccessToken"].includes(type)) await it.delete();
      else await assert.rejects(it.delete(), /404/);
    });
  }

  it("keeps a schedule's variables, and forgets them with their schedule", async () => {
    const schedule = resource("PipelineSchedule");
    const made = await schedule.create(CASES.find(([type]) => type === "PipelineSchedule")![1]);
    const pipelineScheduleId = Number(made["pipelineScheduleId"]);
    const variable = resource("PipelineScheduleVariable");
    const given = { project, pipelineScheduleId, key: "BERTH_SCHEDULE", value: "drift" };
    await variable.create(given);
    assert.equal(variable.state!.id, `${project}:${pipelineScheduleId}:BERTH_SCHEDULE`);
    await variable.read();
    assert.equal((await variable.diff(given)).changes, false);
    assert.equal((await variable.update({ ...given, value: "cleanup" }))["value"], "cleanup");
    assert.deepEqual((await variable.diff({ ...given, key: "OTHER" })).replaces, ["key"]);
    await schedule.delete();
    assert.equal(await variable.read(), undefined);
  });

  it("has the plugin's ids", async () => {
    const variable = resource("ProjectVariable");
    await variable.create({ project, key: "ID", value: "v" });
    assert.equal(variable.state!.id, "team/blog:ID:*");
    const tag = resource("TagProtection");
    await tag.create({ project, tag: "release/*" });
    assert.equal(tag.state!.id, "team/blog:release/*");
    const token = resource("ProjectDeployToken", "server");
    await token.create({ project, scopes: ["read_registry"] });
    assert.match(token.state!.id, /^team\/blog:\d+$/);
    assert.match(String(token.state!.outputs["name"]), /^server-[0-9a-f]{7}$/);
  });

  it("tells the secret of a token once, and keeps it over refreshes; a rotated one is another", async () => {
    const token = resource("ProjectAccessToken");
    const given = { project, name: "rotated", scopes: ["api"], expiresAt: inDays(10) };
    const first = (await token.create(given))["token"];
    assert.match(String(first), /^glpat-/);
    assert.deepEqual(token.state!.secretOutputs, ["token"]);
    await token.read();
    assert.equal(token.state!.outputs["token"], first);
    const { id } = token.state!;
    const second = (await token.update({ ...given, expiresAt: inDays(30) }))["token"];
    assert.notEqual(second, first);
    assert.equal(token.state!.id, id);
    await token.read();
    assert.deepEqual([token.state!.outputs["token"], token.inputs["expiresAt"]], [second, inDays(30)]);
  });

  it("finds what was changed by hand, and what is gone", async () => {
    const variable = resource("ProjectVariable");
    const given = { project, key: "DRIFT", value: "as wanted", protected: true };
    await variable.create(given);
    await gitlab.ask("PUT", "/variables/DRIFT", headers, { value: "by hand", protected: false });
    await variable.read();
    assert.deepEqual(Object.keys((await variable.diff(given)).detailed).sort(), ["protected", "value"]);
    await gitlab.ask("DELETE", "/variables/DRIFT", headers);
    assert.equal(await variable.read(), undefined);
    const token = resource("ProjectDeployToken");
    await token.create({ project, name: "gone", scopes: ["read_registry"] });
    await gitlab.ask("DELETE", `/deploy_tokens/${token.state!.id.split(":")[1]}`, headers);
    assert.equal(await token.read(), undefined);
  });

  it("keeps a hidden variable's value where GitLab doesn't tell it", async () => {
    const variable = resource("ProjectVariable");
    const given = { project, key: "HIDDEN", value: "abcdefgh", masked: true, hidden: true };
    await variable.create(given);
    await variable.read();
    assert.equal(variable.state!.outputs["value"], "abcdefgh");
    assert.equal((await variable.diff(given)).changes, false);
  });

  it("takes over the default branch's protection and no other one", async () => {
    await gitlab.ask("POST", "/protected_branches", headers, { name: "release" });
    await assert.rejects(
      resource("BranchProtection").create({ project, branch: "release" }),
      /branch release of team\/blog is protected already, and not by this stack/,
    );
  });

  /** Push and merge levels of the branch `stable`. */
  const levelsOf = async (at: GitlabWeb, own: Record<string, string>) => {
    const { json } = await at.ask("GET", "/protected_branches/stable", own);
    return [...json.push_access_levels, ...json.merge_access_levels].map((one) => one.access_level);
  };

  it("protects a branch by lists in the Enterprise Edition, and takes no levels there, in previews either", async () => {
    const branch = resource("BranchProtection");
    const given = { project, branch: "stable" };
    for (const [level, words] of [
      ["pushAccessLevel", "feature unavailable `push_access_level`: Use `allowed_to_push` instead"],
      ["mergeAccessLevel", "feature unavailable `merge_access_level`: Use `allowed_to_merge` instead"],
    ] as const)
      await assert.rejects(branch.preview({ ...given, [level]: "maintainer" }), { message: words });
    const made = await branch.create({ ...given, allowedToMerges: [{ accessLevel: "developer" }] });
    const maintainers = [{ accessLevel: "maintainer", accessLevelDescription: "Maintainers" }];
    assert.deepEqual([made["allowedToPushes"], made["pushAccessLevel"]], [maintainers, null]);
    assert.deepEqual(await levelsOf(gitlab, headers), [40, 30]);

    const both = {
      allowedToPushes: [{ accessLevel: "no one" }],
      allowedToMerges: [{ accessLevel: "maintainer" }],
    };
    const diff = await branch.diff({ ...given, ...both });
    assert.deepEqual(
      [Object.keys(diff.detailed), diff.replaces],
      [["allowedToPushes", "allowedToMerges"], []],
    );
    await branch.update({ ...given, ...both });
    assert.deepEqual(await levelsOf(gitlab, headers), [0, 40]);
    await branch.read();
    assert.equal((await branch.diff({ ...given, ...both })).changes, false);
    await assert.rejects(branch.diff({ ...given, pushAccessLevel: "maintainer" }), /feature unavailable/);
    await branch.delete();
  });

  it("protects a branch by levels in the Community Edition, and takes no lists there", async () => {
    const community = await new GitlabWeb().start({ isCommunity: true });
    try {
      const token = community.token("maintainer", { accessLevel: 40 });
      const its = gitlabProvider.create();
      await its.configure({ baseUrl: `${community.url}/api/v4/`, token });
      const branch = new Resource(its, typeOf("BranchProtection"), "b");
      const given = { project, branch: "stable" };
      const levels = () => levelsOf(community, { "private-token": token });
      await assert.rejects(branch.preview({ ...given, allowedToPushes: [{ accessLevel: "maintainer" }] }), {
        message: "feature unavailable `allowed_to_push`: Enterprise license required",
      });
      const made = await branch.create(given);
      assert.deepEqual([made["pushAccessLevel"], made["mergeAccessLevel"]], ["maintainer", "maintainer"]);
      assert.deepEqual(await levels(), [40, 40]);
      assert.equal((await branch.diff({ ...given, pushAccessLevel: "maintainer" })).changes, false);
      assert.deepEqual((await branch.diff({ ...given, pushAccessLevel: "no one" })).replaces, [
        "pushAccessLevel",
      ]);
      await branch.delete();
      await branch.create({ ...given, pushAccessLevel: "no one", mergeAccessLevel: "developer" });
      assert.deepEqual(await levels(), [0, 30]);
    } finally {
      await community.stop();
    }
  });

  it("tells which edition GitLab is", async () => {
    const told = await provider.invoke("gitlab:index/getMetadata:getMetadata", {});
    assert.deepEqual([told["id"], told["enterprise"]], ["1", true]);
    await assert.rejects(
      provider.invoke("gitlab:index/getProject:getProject", {}),
      /getProject: the sandbox does not support functions/,
    );
  });

  it("asks for GitLab's edition before it plans a branch's protection, with a token that may", async () => {
    const its = await configured({ token: "-", earlyAuthCheck: false });
    const preview = (type: string, given: Props) => new Resource(its, typeOf(type), "it").preview(given);
    await assert.rejects(
      preview("BranchProtection", { project, branch: "release" }),
      /Could not find out GitLab's edition \(GET .*\): 401 401 Unauthorized/,
    );
    assert.equal((await preview("TagProtection", { project, tag: "v*" }))["tag"], "v*");
  });

  it("replaces what bears a given name only after the old one is gone", async () => {
    const token = resource("ProjectDeployToken");
    const given = { project, name: "named", scopes: ["read_registry"] };
    await token.create(given);
    const more = ["read_registry", "write_registry"];
    assert.equal((await token.diff({ ...given, scopes: more })).deleteBeforeReplace, true);
    assert.equal((await token.diff({ ...given, name: "other", scopes: more })).deleteBeforeReplace, false);
  });

  it("passes on why GitLab refuses, and never the value", async () => {
    const unmaskable = { project, key: "SHORT", value: "hunter2", masked: true };
    await assert.rejects(resource("ProjectVariable").create(unmaskable), (error: Error) => {
      assert.match(
        error.message,
        /create the variable SHORT \(scope \*\) of team\/blog .*400 .*"value":\["is invalid"\]/,
      );
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
    const elsewhere = { project: "team/other", key: "K", value: "v" };
    await assert.rejects(resource("ProjectVariable").create(elsewhere), /404 Project Not Found/);
  });

  it("waits as long as GitLab's rate limit says", async () => {
    const limited = await new GitlabWeb().start({ rateLimit: { requests: 1, seconds: 1 } });
    try {
      const token = limited.token("maintainer", { accessLevel: 40 });
      const slow = gitlabProvider.create();
      await slow.configure({ baseUrl: `${limited.url}/api/v4/`, token });
      const variable = new Resource(slow, typeOf("ProjectVariable"), "v");
      await variable.create({ project, key: "LATER", value: "v" });
      assert.equal(variable.state!.id, "team/blog:LATER:*");
    } finally {
      await limited.stop();
    }
  });

  it("says at once that a token is wrong, or that there is none, unless it is told not to ask", async () => {
    await assert.rejects(configured({ token: "glpat-wrong" }), (error: Error) => {
      assert.match(error.message, /find out whose token it is .*401 Unauthorized/);
      assert.doesNotMatch(error.message, /glpat-wrong/);
      return true;
    });
    await configured({ token: "glpat-wrong", earlyAuthCheck: "false" });
    await assert.rejects(gitlabProvider.create().configure({ token: "t" }), /baseUrl/);
    const { GITLAB_TOKEN: own, ...env } = process.env;
    process.env = { ...env };
    await assert.rejects(configured({}), /No GitLab token: .* set GITLAB_TOKEN/);
    process.env = { ...env, ...(own !== undefined && { GITLAB_TOKEN: own }) };
  });

  it("refuses by name what it doesn't have", async () => {
    const token = {
      project,
      scopes: ["api"],
      rotationConfiguration: { expirationDays: 10, rotateBeforeDays: 2 },
    };
    await assert.rejects(
      resource("ProjectAccessToken").check(token),
      /does not support "rotationConfiguration"/,
    );
    await assert.rejects(
      resource("Group").check({ path: "team" }),
      /group:Group: the sandbox does not support/,
    );
    await assert.rejects(
      resource("ProjectVariable").check({ project, key: "bad-key", value: "v" }),
      /"key" may hold only A-Z, a-z, 0-9 and _/,
    );
    assert.match(provider.checkConfig({ cacertFile: "ca.pem" }).failures[0]!.reason, /cacertFile/);
  });
});
