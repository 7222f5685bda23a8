import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type * as resource from "@pulumi/pulumi/proto/resource_pb";
import type { SourcePosition, StackTrace } from "@pulumi/pulumi/proto/source_pb";
import type { Goal } from "../engine/goal";
import type { CustomTimeouts } from "../engine/resource-state";
import type { JsonObject } from "../values/wire";
import { mapFromWire } from "../values/wire";

/** A registration request as the engine's own goal. `provider` is resolved already. */
export function goalFromRequest(
  request: resource.RegisterResourceRequest,
  provider: string,
  root: string,
): Goal {
  refuseUnsupported(request);
  const propertyDependencies: { [key: string]: string[] } = {};
  for (const [key, value] of request.getPropertydependenciesMap().entries()) {
    propertyDependencies[key] = value.getUrnsList();
  }
  const deleteFirstGiven = request.getDeletebeforereplacedefined() || request.getDeletebeforereplace();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    properties: mapFromWire((request.getObject()?.toJavaScript() ?? {}) as JsonObject),
    protect: request.hasProtect() ? request.getProtect() : undefined,
    dependencies: request.getDependenciesList(),
    provider,
    propertyDependencies,
    deleteBeforeReplace: deleteFirstGiven ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request.getAliasurnsList(),
    customTimeouts: timeouts(request.getCustomtimeouts()),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deletedWith: request.getDeletedwith(),
    ...positions(request, root),
  };
}

export function positions(
  request: { getSourceposition(): SourcePosition | undefined; getStacktrace(): StackTrace | undefined },
  root: string,
) {
  const frames = request.getStacktrace()?.getFramesList() ?? [];
  return {
    sourcePosition: position(request.getSourceposition(), root),
    stackTrace: frames.map((frame): JsonObject => {
      const at = position(frame.getPc(), root);
      return at === "" ? {} : { sourcePosition: at };
    }),
  };
}

/** `project:///index.ts#25,15`, empty for what lies outside of the project. */
function position(at: SourcePosition | undefined, root: string): string {
  if (!at?.getUri().startsWith("file://")) return "";
  const path = relative(root, fileURLToPath(at.getUri()));
  return path.startsWith("..") ? "" : `project:///${path}#${at.getLine()},${at.getColumn()}`;
}

function refuseUnsupported(request: resource.RegisterResourceRequest): void {
  const given: { [option: string]: boolean } = {
    import: request.getImportid() !== "",
    hooks: request.hasHooks(),
    transforms: request.getTransformsList().length > 0,
    replaceWith: request.getReplaceWithList().length > 0,
    replacementTrigger: request.hasReplacementTrigger(),
    hideDiffs: request.getHidediffsList().length > 0,
    envVarMappings: request.getEnvvarmappingsMap().getLength() > 0,
    "aliases (as specifications)": request.getAliasesList().length > 0,
    "a remote component": request.getRemote(),
  };
  const option = Object.keys(given).find((name) => given[name]);
  if (!option) return;
  throw new Error(
    `resource '${request.getName()}' (${request.getType()}): the option '${option}' is not supported by the sandbox's Pulumi engine`,
  );
}

function timeouts(message: resource.RegisterResourceRequest.CustomTimeouts | undefined): CustomTimeouts {
  if (!message) return {};
  const result: CustomTimeouts = {};
  if (message.getCreate()) result.create = seconds(message.getCreate());
  if (message.getUpdate()) result.update = seconds(message.getUpdate());
  if (message.getDelete()) result.delete = seconds(message.getDelete());
  return result;
}

const UNITS: { readonly [unit: string]: number } = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  ns: 1e-9,
};

/** Go's duration text, `1h30m`, in seconds. */
function seconds(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)(ms|us|µs|ns|h|m|s)/g)];
  if (parts.map(([part]) => part).join("") !== text || parts.length === 0) {
    throw new Error(`unable to parse customTimeout value ${text}: expected something like 90s or 1h30m`);
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * UNITS[part[2]!]!, 0);
}
