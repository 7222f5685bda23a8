import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DiffPart,
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
import { checkInputs } from "../schema/check";
import { diffOutputs } from "../schema/diff";
import { checkProviderConfig, resourceOf, unsupported } from "../schema/unsupported";
import { hasUnknown } from "../schema/value";
import { RANDOM_RESOURCES } from "./resources";

/** Stands in for Pulumi's plugin `random`: values of node:crypto, kept in the state. */
class RandomProvider implements Provider {
  checkConfig(config: Props): CheckResult {
    return checkProviderConfig("random", {}, config);
  }

  async configure(): Promise<void> {}

  async check(request: CheckRequest): Promise<CheckResult> {
    const resource = RANDOM_RESOURCES[request.type];
    if (resource === undefined) return unsupported(request.type);
    const { inputs, failures } = checkInputs(resource.fields, request.news, { type: request.type });
    const settings = resource.settings(inputs);
    if (failures.length > 0 || hasUnknown(settings)) return { inputs, failures };
    const rejected = resource.reject?.(settings);
    if (rejected === undefined) return { inputs, failures };
    return { inputs, failures: [{ ...rejected, reason: `${request.type}: ${rejected.reason}` }] };
  }

  /** Everything forces a replacement; what isn't given is compared by its default. */
  async diff(request: DiffRequest): Promise<DiffResult> {
    const resource = resourceOf(RANDOM_RESOURCES, request.type);
    return diffOutputs(resource.fields, resource.settings(request.newInputs), request.oldOutputs);
  }

  unsaid(): readonly DiffPart[] {
    return ["detailed"];
  }

  async create(request: CreateRequest): Promise<ResourceState> {
    const resource = resourceOf(RANDOM_RESOURCES, request.type);
    const settings = resource.settings(request.inputs);
    if (!request.preview) return resource.make(settings);
    const outputs: Props = { ...settings };
    for (const name of ["id", ...resource.made]) outputs[name] = UNKNOWN;
    return { id: "", outputs };
  }

  async read(request: ReadRequest): Promise<ResourceState & { inputs: Props }> {
    return { id: request.id, inputs: request.inputs, outputs: request.outputs, ...secretsOf(request) };
  }

  async update(request: UpdateRequest): Promise<ResourceState> {
    const settings = resourceOf(RANDOM_RESOURCES, request.type).settings(request.inputs);
    return { id: request.id, outputs: { ...request.oldOutputs, ...settings }, ...secretsOf(request) };
  }

  async delete(): Promise<void> {}

  async invoke(token: string): Promise<Props> {
    throw new Error(`${token}: the sandbox does not support functions of the plugin "random"`);
  }

  async close(): Promise<void> {}
}

function secretsOf(request: { readonly type: string }): { secretOutputs?: readonly string[] } {
  return request.type.endsWith(":RandomPassword") ? { secretOutputs: ["result", "bcryptHash"] } : {};
}

export const randomProvider: ProviderFactory = {
  name: "random",
  version: "4.21.2",
  create: () => new RandomProvider(),
};
