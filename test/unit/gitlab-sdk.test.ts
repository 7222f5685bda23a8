import assert from "node:assert/strict";
import * as gitlab from "@pulumi/gitlab";
import * as pulumi from "@pulumi/pulumi";
import { setMocks } from "../support/stack/mocked-pulumi";

interface Registered {
  readonly type: string;
  readonly inputs: Record<string, unknown>;
}

/** What a program that makes these registers with the engine. */
async function registered(make: () => pulumi.Resource[]): Promise<Registered[]> {
  const seen: Registered[] = [];
  await setMocks({
    newResource: ({ type, inputs }) => {
      seen.push({ type, inputs });
      return { id: "1", state: { ...inputs, token: "glpat-made" } };
    },
    call: ({ inputs }) => inputs,
  });
  await Promise.all(make().map(({ urn }) => new Promise((done) => urn.apply(done))));
  return seen;
}

const project = "team/blog";

describe("the local gitlab SDK", () => {
  it("registers the published type tokens, with what the program gave", async () => {
    const seen = await registered(() => [
      new gitlab.ProjectVariable("v", { project, key: "K", value: "v", masked: true }),
      new gitlab.ProjectDeployToken("d", { project, scopes: ["read_registry"] }),
      new gitlab.ProjectAccessToken("a", { project, scopes: ["api"] }),
      new gitlab.PipelineSchedule("s", {
        project,
        ref: "refs/heads/main",
        cron: "0 3 * * *",
        description: "",
      }),
      new gitlab.PipelineScheduleVariable("sv", { project, pipelineScheduleId: 3, key: "K", value: "v" }),
      new gitlab.BranchProtection("b", { project, branch: "main" }),
      new gitlab.TagProtection("t", { project, tag: "v*" }),
      new gitlab.ProjectEnvironment("e", { project, name: "dev" }),
      new gitlab.ProjectProtectedEnvironment("pe", { project, environment: "dev" }),
    ]);
    assert.deepEqual(seen.map(({ type }) => type).sort(), [
      "gitlab:index/branchProtection:BranchProtection",
      "gitlab:index/pipelineSchedule:PipelineSchedule",
      "gitlab:index/pipelineScheduleVariable:PipelineScheduleVariable",
      "gitlab:index/projectAccessToken:ProjectAccessToken",
      "gitlab:index/projectDeployToken:ProjectDeployToken",
      "gitlab:index/projectEnvironment:ProjectEnvironment",
      "gitlab:index/projectProtectedEnvironment:ProjectProtectedEnvironment",
      "gitlab:index/projectVariable:ProjectVariable",
      "gitlab:index/tagProtection:TagProtection",
    ]);
    const variable = seen.find(({ type }) => type.endsWith(":ProjectVariable"))!;
    assert.deepEqual(variable.inputs, { project, key: "K", value: "v", masked: true });
  });

  it("passes on a secret as one", async () => {
    let value: pulumi.Output<string> | undefined;
    await registered(() => {
      const variable = new gitlab.ProjectVariable("v", { project, key: "K", value: pulumi.secret("v") });
      value = variable.value;
      return [variable];
    });
    assert.equal(await pulumi.isSecret(value!), true);
  });

  it("asks for GitLab's metadata by the published function", async () => {
    let asked = "";
    await setMocks({
      newResource: ({ inputs }) => ({ id: "1", state: inputs }),
      call: ({ token }) => {
        asked = token;
        return { enterprise: true };
      },
    });
    const { enterprise } = gitlab.getMetadataOutput();
    assert.equal(await new Promise((done) => enterprise.apply(done)), true);
    assert.equal(asked, "gitlab:index/getMetadata:getMetadata");
  });

  it("gives its provider flags as JSON, as the plugin wants them", async () => {
    const args = { token: "glpat-secret", baseUrl: "https://gitlab.test/api/v4/", earlyAuthCheck: false };
    const [{ type, inputs }] = (await registered(() => [new gitlab.Provider("p", args)])) as [Registered];
    assert.equal(type, "pulumi:providers:gitlab");
    assert.equal(inputs["earlyAuthCheck"], "false");
  });

  it("refuses a resource without what it needs, and knows its own", async () => {
    const incomplete = { project } as gitlab.TagProtectionArgs;
    assert.throws(() => new gitlab.TagProtection("t", incomplete), /Missing required property 'tag'/);
    await registered(() => {
      const tag = new gitlab.TagProtection("t", { project, tag: "v*" });
      assert.deepEqual(
        [gitlab.TagProtection.isInstance(tag), gitlab.BranchProtection.isInstance(tag)],
        [true, false],
      );
      return [tag];
    });
  });
});
