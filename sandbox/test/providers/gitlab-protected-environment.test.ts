import assert from "node:assert/strict";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { gitlabProvider } from "../../pulumi/src/providers/gitlab";
import type { Props } from "../../pulumi/src/providers/provider";
import { Resource } from "./resource";

const type = "gitlab:index/projectProtectedEnvironment:ProjectProtectedEnvironment";
const project = "team/blog";

/** The resource in that GitLab, asked for by a maintainer. */
async function resourceIn(gitlab: GitlabWeb): Promise<Resource> {
  const provider = gitlabProvider.create();
  const token = gitlab.token("keeper", { accessLevel: 40 });
  await provider.configure({ baseUrl: `${gitlab.url}/api/v4/`, token });
  return new Resource(provider, type, "it");
}

describe("the gitlab provider's protected environment", () => {
  let gitlab: GitlabWeb;
  let headers: Record<string, string>;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    headers = { "private-token": gitlab.token("by hand", { accessLevel: 40 }) };
  });

  after(() => gitlab.stop());

  const roles = (list: Props[string] | undefined) =>
    (list as Props[]).map(({ accessLevel, requiredApprovals }) => [accessLevel, requiredApprovals]);
  const given: Props = {
    project,
    environment: "prod",
    deployAccessLevelsAttributes: [{ accessLevel: "maintainer" }],
    approvalRules: [],
  };
  const wanted: Props = {
    ...given,
    deployAccessLevelsAttributes: [{ accessLevel: "developer" }],
    approvalRules: [{ accessLevel: "maintainer", requiredApprovals: 2 }],
  };
  const path = "/protected_environments/prod";
  let guarded: Resource;

  beforeEach(async () => {
    guarded = await resourceIn(gitlab);
  });

  afterEach(() => guarded.delete());

  it("keeps it as the program wants it, from its creation to its end", async () => {
    assert.deepEqual((await guarded.preview(given))["approvalRules"], []);
    const made = await guarded.create(given);
    assert.equal(guarded.state!.id, "team/blog:prod");
    assert.deepEqual(roles(made["deployAccessLevelsAttributes"]), [["maintainer", undefined]]);
    for (const wish of [given, wanted, given]) {
      assert.deepEqual((await guarded.diff(wish)).replaces, []);
      if ((await guarded.diff(wish)).changes) await guarded.update(wish);
      assert.equal((await guarded.diff(wish)).changes, false, "no change after the update");
      await guarded.read();
      assert.equal((await guarded.diff(wish)).changes, false, "no change after a refresh");
    }
    assert.deepEqual((await guarded.diff(wanted)).detailed, {
      deployAccessLevelsAttributes: "update",
      approvalRules: "add",
    });
    assert.deepEqual((await guarded.diff({ ...given, environment: "live" })).replaces, ["environment"]);
    await guarded.delete();
    assert.equal(await guarded.read(), undefined);
    await guarded.delete(); // again: nothing is left to do
  });

  it("changes the entries that there are, and leaves no other one behind", async () => {
    const made = await guarded.create(wanted);
    const [{ id: rule }] = made["approvalRules"] as [Props];
    const more = { deploy_access_levels: [{ access_level: 40 }], approval_rules: [{ access_level: 30 }] };
    await gitlab.ask("PUT", path, headers, more);
    await guarded.read();
    assert.deepEqual(Object.keys((await guarded.diff(wanted)).detailed).sort(), [
      "approvalRules",
      "deployAccessLevelsAttributes",
    ]);
    const again = await guarded.update({
      ...wanted,
      approvalRules: [{ accessLevel: "maintainer", requiredApprovals: 1 }],
    });
    assert.deepEqual(roles(again["deployAccessLevelsAttributes"]), [["developer", undefined]]);
    assert.deepEqual(roles(again["approvalRules"]), [["maintainer", 1]]);
    assert.equal((again["approvalRules"] as [Props])[0]["id"], rule);
  });

  it("leaves approvals alone that the program says nothing of", async () => {
    const { approvalRules: _, ...silent } = given;
    await guarded.create(silent);
    await gitlab.ask("PUT", path, headers, { approval_rules: [{ access_level: 40 }] });
    await guarded.read();
    assert.equal((await guarded.diff(silent)).changes, false);
    const opened = { ...silent, deployAccessLevelsAttributes: [{ accessLevel: "developer" }] };
    assert.deepEqual(roles((await guarded.update(opened))["approvalRules"]), [["maintainer", 1]]);
  });

  it("adopts one that is there, and doesn't take it over without being told", async () => {
    const wish = { name: "prod", deploy_access_levels: [{ access_level: 40 }] };
    await gitlab.ask("POST", "/protected_environments", headers, wish);
    await assert.rejects(
      guarded.create(given),
      /protect the environment prod of team\/blog .*409 Environment 'prod' is already protected/,
    );
    guarded.state = { id: "team/blog:prod", outputs: {} };
    const adopted = await guarded.read();
    assert.equal(adopted!.outputs["environment"], "prod");
    assert.equal((await guarded.diff(given)).changes, false);
  });

  it("refuses other roles, and people and groups", async () => {
    const level = (one: Props) => ({ ...given, deployAccessLevelsAttributes: [one] });
    const cases: [wish: Props, words: RegExp][] = [
      [level({ accessLevel: "owner" }), /accessLevel" must be one of developer, maintainer/],
      [level({}), /missing required property "deployAccessLevelsAttributes\[0\].accessLevel"/],
      [level({ accessLevel: "developer", userId: 3 }), /does not support "deployAccess.*userId"/],
      [
        { ...given, approvalRules: [{ accessLevel: "developer", requiredApprovals: 0 }] },
        /requiredApprovals" must be at least 1/,
      ],
    ];
    for (const [wish, words] of cases) await assert.rejects(guarded.check(wish), words);
  });

  it("says what a GitLab Free lacks, and tells a wrong project and one that is gone from that", async () => {
    const free = await new GitlabWeb().start({ isFree: true });
    try {
      const lacking = await resourceIn(free);
      await assert.rejects(
        lacking.create(given),
        /^Error: GitLab has no protected environments in team\/blog: they take GitLab Premium\. Could not protect/,
      );
    } finally {
      await free.stop();
    }
    await assert.rejects(guarded.create({ ...given, project: "team/other" }), (error: Error) => {
      assert.match(error.message, /404 Project Not Found/);
      assert.doesNotMatch(error.message, /Premium/);
      return true;
    });
    await guarded.create(given);
    await gitlab.ask("DELETE", path, headers);
    await assert.rejects(guarded.update(wanted), (error: Error) => {
      assert.match(error.message, /^Could not read the protection of the environment prod .*404 Not found/);
      return true;
    });
  });
});
