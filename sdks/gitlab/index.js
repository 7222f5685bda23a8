"use strict";
// A local Pulumi SDK for the gitlab provider: the resources that Berth uses, with the type tokens, arguments and
// outputs of @pulumi/gitlab 10.1. Where the published package can be had, one line in package.json takes it instead.
const pulumi = require("@pulumi/pulumi");
const { version } = require("./package.json");

/** Class → [token, outputs beyond the arguments, which of them are secret]. */
const resources = {
  ProjectVariable: ["projectVariable", [], []],
  ProjectDeployToken: ["projectDeployToken", ["token", "expired", "revoked", "deployTokenId"], ["token"]],
  ProjectAccessToken: ["projectAccessToken", ["token", "active", "revoked", "createdAt", "userId"], ["token"]],
  PipelineSchedule: ["pipelineSchedule", ["pipelineScheduleId"], []],
  PipelineScheduleVariable: ["pipelineScheduleVariable", [], []],
  RepositoryFile: ["repositoryFile", ["blobId", "commitId", "lastCommitId"], []],
  BranchProtection: ["branchProtection", ["branchProtectionId"], []],
  TagProtection: ["tagProtection", [], []],
  ProjectEnvironment: ["projectEnvironment", ["slug", "state", "createdAt", "updatedAt"], []],
};

for (const [name, [token, outputs, secrets]] of Object.entries(resources)) {
  const type = `gitlab:index/${token}:${name}`;
  exports[name] = {
    [name]: class extends pulumi.CustomResource {
      constructor(resourceName, args, opts = {}) {
        const inputs = { ...args };
        if (name === "ProjectVariable" && inputs.value !== undefined) inputs.value = pulumi.secret(inputs.value);
        for (const output of outputs) inputs[output] = undefined;
        super(type, resourceName, inputs, pulumi.mergeOptions({ version, additionalSecretOutputs: secrets }, opts));
      }

      static get(resourceName, id, opts) {
        return new this(resourceName, {}, { ...opts, id });
      }
    },
  }[name];
}

exports.Provider = class Provider extends pulumi.ProviderResource {
  constructor(name, args = {}, opts = {}) {
    const token = args.token === undefined ? undefined : pulumi.secret(args.token);
    super("gitlab", name, { ...args, token }, pulumi.mergeOptions({ version }, opts));
  }
};
