import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  Props,
  Provider,
  ProviderFactory,
  ReadRequest,
  ResourceState,
  UpdateRequest,
} from "../provider";
import { UNKNOWN } from "../provider";
import { withAutoName } from "../schema/auto-name";
import { checkInputs } from "../schema/check";
import { diffOutputs } from "../schema/diff";
import { driftedInputs } from "../schema/drift";
import { field } from "../schema/field";
import { plannedOutputs, updatedOutputs } from "../schema/plan";
import { checkProviderConfig, resourceOf, unsupported } from "../schema/unsupported";
import { equal, text } from "../schema/value";
import { pipelineSchedule, pipelineScheduleVariable } from "./pipeline-schedule";
import { projectEnvironment } from "./project-environment";
import { projectAccessToken, projectDeployToken } from "./project-tokens";
import { projectVariable } from "./project-variable";
import { projectProtectedEnvironment } from "./protected-environment";
import { branchProtection, tagProtection } from "./protections";
import { type GitlabResource, parseId } from "./resource";
import { Rest } from "./rest";

const RESOURCES: { readonly [type: string]: GitlabResource } = {
  "gitlab:index/branchProtection:BranchProtection": branchProtection,
  "gitlab:index/pipelineSchedule:PipelineSchedule": pipelineSchedule,
  "gitlab:index/pipelineScheduleVariable:PipelineScheduleVariable": pipelineScheduleVariable,
  "gitlab:index/projectAccessToken:ProjectAccessToken": projectAccessToken,
  "gitlab:index/projectDeployToken:ProjectDeployToken": projectDeployToken,
  "gitlab:index/projectEnvironment:ProjectEnvironment": projectEnvironment,
  "gitlab:index/projectProtectedEnvironment:ProjectProtectedEnvironment": projectProtectedEnvironment,
  "gitlab:index/projectVariable:ProjectVariable": projectVariable,
  "gitlab:index/tagProtection:TagProtection": tagProtection,
};

/** Types whose ids have three parts; the others' have two. */
const LONG_IDS = [projectVariable, pipelineScheduleVariable];

const CONFIG = {
  token: field("string"),
  baseUrl: field("string", {
    accept: (value) => (text(value).endsWith("/") ? undefined : "must end with a slash"),
  }),
  earlyAuthCheck: field("any"),
};

/** Stands in for Pulumi's plugin `gitlab`, over GitLab's REST API. Rules of replacement and ids are the plugin's. */
class GitlabProvider implements Provider {
  private rest: Rest | undefined;

  checkConfig(config: Props): CheckResult {
    return checkProviderConfig("gitlab", CONFIG, config);
  }

  /** As the plugin does, it asks at once whose token it is, so that a preview finds a wrong one. */
  async configure(config: Props): Promise<void> {
    const token = text(config["token"]) || process.env["GITLAB_TOKEN"];
    const baseUrl = text(config["baseUrl"]) || process.env["GITLAB_BASE_URL"];
    if (!token) throw new Error("No GitLab token: give the provider `token`, or set GITLAB_TOKEN");
    if (!baseUrl)
      throw new Error(
        "No GitLab: give the provider `baseUrl` (https://gitlab.example.com/api/v4/), or set GITLAB_BASE_URL",
      );
    this.rest = new Rest(baseUrl, token);
    const early = config["earlyAuthCheck"];
    if (early === false || early === "false") return;
    await this.rest.ask({ method: "GET", path: "user", attempt: "find out whose token it is" });
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    const resource = RESOURCES[request.type];
    if (!resource) return unsupported(request.type);
    const options = { type: request.type, markDefaults: true };
    const { inputs, failures } = checkInputs(resource.fields, request.news, options);
    return { inputs: resource.autoName ? withAutoName(request, inputs) : inputs, failures };
  }

  /** A resource of a given name has to go before another one of that name can come. */
  async diff({ type, newInputs, oldOutputs }: DiffRequest): Promise<DiffResult> {
    const { fields, autoName, plan } = resourceOf(RESOURCES, type);
    await plan?.(newInputs, this.connected());
    const marks = newInputs["__defaults"];
    const named = autoName === true && !(Array.isArray(marks) && marks.includes("name"));
    const first = named && equal(newInputs["name"], oldOutputs["name"]);
    const result = diffOutputs(fields, newInputs, oldOutputs, first);
    return { ...result, deleteBeforeReplace: first && result.replaces.length > 0 };
  }

  async create({ type, inputs, preview }: CreateRequest): Promise<ResourceState> {
    const resource = resourceOf(RESOURCES, type);
    await resource.plan?.(inputs, this.connected());
    if (preview) return { id: "", outputs: { ...plannedOutputs(resource.fields, inputs), id: UNKNOWN } };
    return { ...(await resource.create(plain(inputs), this.connected())), ...secretsOf(resource) };
  }

  async read({
    type,
    id,
    inputs,
    outputs,
  }: ReadRequest): Promise<(ResourceState & { inputs: Props }) | undefined> {
    const resource = resourceOf(RESOURCES, type);
    const found = await resource.read(
      idOf(resource, id, outputs),
      { ...inputs, ...outputs },
      this.connected(),
    );
    if (!found) return undefined;
    const known = driftedInputs(resource.fields, inputs, found);
    return { id, outputs: found, inputs: known, ...secretsOf(resource) };
  }

  async update({ type, id, inputs, oldOutputs, preview }: UpdateRequest): Promise<ResourceState> {
    const resource = resourceOf(RESOURCES, type);
    if (preview) return { id, outputs: updatedOutputs(resource.fields, inputs, oldOutputs) };
    const outputs = await resource.update(
      idOf(resource, id, oldOutputs),
      plain(inputs),
      oldOutputs,
      this.connected(),
    );
    return { id, outputs, ...secretsOf(resource) };
  }

  async delete({ type, id, inputs, outputs }: DeleteRequest): Promise<void> {
    const resource = resourceOf(RESOURCES, type);
    await resource.delete(idOf(resource, id, outputs), { ...inputs, ...outputs }, this.connected());
  }

  async invoke(token: string): Promise<Props> {
    if (token === "gitlab:index/getMetadata:getMetadata") {
      const attempt = "read GitLab's metadata";
      return {
        id: "1",
        ...(await this.connected().ask<Props>({ method: "GET", path: "metadata", attempt })),
      };
    }
    throw new Error(`${token}: the sandbox does not support functions of the plugin "gitlab"`);
  }

  async close(): Promise<void> {}

  private connected(): Rest {
    if (!this.rest) throw new Error("The gitlab provider is used before it is configured");
    return this.rest;
  }
}

function plain({ __defaults: _, ...inputs }: Props): Props {
  return inputs;
}

/** A resource's id never changes; what GitLab rotates goes on under another number, which its outputs have. */
function idOf(resource: GitlabResource, id: string, outputs: Props) {
  return parseId(text(outputs["id"]) || id, LONG_IDS.includes(resource) ? 3 : 2);
}

function secretsOf({ secrets }: GitlabResource): { secretOutputs?: readonly string[] } {
  return secrets ? { secretOutputs: secrets } : {};
}

export const gitlabProvider: ProviderFactory = {
  name: "gitlab",
  version: "10.1.1",
  create: () => new GitlabProvider(),
};
