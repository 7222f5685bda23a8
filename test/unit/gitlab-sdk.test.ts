import assert from "node:assert/strict";
import * as gitlab from "@pulumi/gitlab";
import * as pulumi from "@pulumi/pulumi";

describe("the local gitlab SDK", () => {
  it("registers the published type tokens and keeps values and tokens secret", async () => {
    const types: string[] = [];
    await pulumi.runtime.setMocks({
      newResource: ({ type, inputs }) => {
        types.push(type);
        return { id: "1", state: { ...inputs, token: "glpat" } };
      },
      call: ({ inputs }) => inputs,
    });
    const variable = new gitlab.ProjectVariable("v", { project: "team/blog", key: "K", value: "v" });
    const access = new gitlab.ProjectAccessToken("t", { project: "team/blog", scopes: ["api"] });
    const file = new gitlab.RepositoryFile("f", {
      project: "team/blog",
      branch: "main",
      filePath: "a",
      content: "b",
      encoding: "text",
    });
    await Promise.all(
      [variable.urn, access.urn, file.urn].map((urn) => new Promise((done) => urn.apply(done))),
    );
    assert.deepEqual(types.sort(), [
      "gitlab:index/projectAccessToken:ProjectAccessToken",
      "gitlab:index/projectVariable:ProjectVariable",
      "gitlab:index/repositoryFile:RepositoryFile",
    ]);
    const { value } = variable as unknown as { value: pulumi.Output<string> };
    assert.equal(await pulumi.isSecret(value), true);
  });
});
