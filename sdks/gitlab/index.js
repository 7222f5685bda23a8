const pulumi = require("@pulumi/pulumi");
const { version } = require("./package.json");

// Property names as in the schema of the published package: what a program gives, then what only the plugin sets.
// With `*` it has to be given; what is under `secret` is encrypted in the state, whatever the program does.
const classes = {
  ProjectVariable: {
    args: "project* key* value* protected masked hidden raw environmentScope variableType description",
  },
  ProjectDeployToken: {
    args: "project* scopes* name username expiresAt validatePastExpirationDate",
    outputs: "token expired revoked",
    secret: ["token"],
  },
  ProjectAccessToken: {
    args: "project* scopes* name accessLevel description expiresAt rotationConfiguration validatePastExpirationDate",
    outputs: "token active revoked createdAt userId",
    secret: ["token"],
  },
  PipelineSchedule: {
    args: "project* ref* cron* description* cronTimezone active takeOwnership inputs",
    outputs: "pipelineScheduleId owner",
  },
  PipelineScheduleVariable: { args: "project* pipelineScheduleId* key* value* variableType" },
  BranchProtection: {
    args: "project* branch* pushAccessLevel mergeAccessLevel allowForcePush codeOwnerApprovalRequired allowedToPushes allowedToMerges",
    outputs: "branchProtectionId",
  },
  TagProtection: { args: "project* tag* createAccessLevel" },
  ProjectProtectedEnvironment: { args: "project* environment* deployAccessLevelsAttributes approvalRules" },
  ProjectEnvironment: {
    args: "project* name externalUrl tier description stopBeforeDestroy autoStopSetting",
    outputs: "slug state createdAt updatedAt autoStopAt",
  },
};

/** The class of one resource type, as Pulumi's generated SDKs have it. */
function resourceClass(name, { args, outputs = "", secret = [] }) {
  const type = `gitlab:index/${name[0].toLowerCase()}${name.slice(1)}:${name}`;
  const given = args.split(" ").map((text) => ({ key: text.replace("*", ""), required: text.endsWith("*") }));
  const made = outputs.split(" ").filter(Boolean);

  return class extends pulumi.CustomResource {
    static get name() {
      return name;
    }

    static get(resourceName, id, state, opts) {
      return new this(resourceName, state, { ...opts, id });
    }

    static isInstance(object) {
      return object?.__pulumiType === type;
    }

    constructor(resourceName, argsOrState = {}, opts = {}) {
      const inputs = {};
      const isLookup = opts.id !== undefined;
      for (const { key, required } of given) {
        if (required && argsOrState[key] === undefined && !isLookup && !opts.urn)
          throw new Error(`Missing required property '${key}'`);
        inputs[key] = argsOrState[key];
      }
      for (const key of made) inputs[key] = isLookup ? argsOrState[key] : undefined;
      super(
        type,
        resourceName,
        inputs,
        pulumi.mergeOptions({ version, additionalSecretOutputs: secret }, opts),
      );
    }
  };
}

for (const [name, properties] of Object.entries(classes)) exports[name] = resourceClass(name, properties);

exports.getMetadataOutput = (opts) =>
  pulumi.runtime.invokeOutput(
    "gitlab:index/getMetadata:getMetadata",
    {},
    pulumi.mergeOptions({ version }, opts),
  );

/** Arguments that aren't texts go to a provider as JSON. */
const asJson = (value) => pulumi.output(value).apply(JSON.stringify);

exports.Provider = class Provider extends pulumi.ProviderResource {
  static isInstance(object) {
    return object?.__pulumiType === "pulumi:providers:gitlab";
  }

  constructor(name, args = {}, opts = {}) {
    const { token, baseUrl, cacertFile, insecure, earlyAuthCheck, retries } = args;
    const inputs = {
      baseUrl,
      cacertFile,
      token: token ? pulumi.secret(token) : undefined,
      insecure: asJson(insecure),
      earlyAuthCheck: asJson(earlyAuthCheck),
      retries: asJson(retries),
    };
    super("gitlab", name, inputs, pulumi.mergeOptions({ version, additionalSecretOutputs: ["token"] }, opts));
  }
};
