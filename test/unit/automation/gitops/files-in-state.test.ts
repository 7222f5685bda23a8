import assert from "node:assert/strict";
import { leftFiles } from "../../../../automation/gitops/files-in-state";
import { RELEASE_FILE } from "../../../../components/gitops/release-file";

const target = {
  project: "platform/clusters",
  branch: "main",
  path: "prod/values.yaml",
  values: { digest: ["image.digest"] },
  mergeRequest: false,
};
const inputs = {
  ...target,
  url: "https://gitlab.test",
  app: "blog",
  stack: "shop/prod",
  tag: "1",
  image: "a",
};
const resource = (more: object = {}) => ({ urn: "urn", type: RELEASE_FILE, inputs, ...more });
const stays =
  "blog is no longer written to platform/clusters main:prod/values.yaml: what stands there stays, and the cluster runs it on. " +
  "Take it out of the file yourself";

describe("files that a stack lets go of", () => {
  it("are told, with what becomes of them", () => {
    assert.deepEqual(leftFiles({ resources: [resource()] }, { apps: [] }), [stays]);
    const other = { name: "blog", gitops: [{ ...target, path: "other.yaml" }] };
    assert.deepEqual(leftFiles({ resources: [resource()] }, { apps: [other] }), [stays]);
  });

  it("are none that an app has, under its name or the one before, nor what was only replaced", () => {
    const apps = [{ name: "press", was: "blog", gitops: [target] }];
    assert.deepEqual(leftFiles({ resources: [resource()] }, { apps }), []);
    assert.deepEqual(leftFiles({ resources: [resource({ delete: true })] }, { apps: [] }), []);
    assert.deepEqual(leftFiles({ resources: [resource({ type: "other" })] }, { apps: [] }), []);
  });
});
