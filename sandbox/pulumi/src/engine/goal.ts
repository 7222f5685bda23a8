import type { PropertyMap } from "../values/value";
import type { JsonObject } from "../values/wire";
import type { CustomTimeouts } from "./resource-state";

/** What a program asks for when it registers a resource. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string;
  readonly properties: PropertyMap;
  /** Undefined inherits the parent's. */
  readonly protect: boolean | undefined;
  readonly dependencies: readonly string[];
  /** Reference of the provider; empty for components and for providers themselves. */
  readonly provider: string;
  readonly propertyDependencies: { readonly [property: string]: readonly string[] };
  /** Undefined leaves it to the provider; false wins over its wish. */
  readonly deleteBeforeReplace: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  /** Full URNs by which the resource may have been known. */
  readonly aliases: readonly string[];
  readonly customTimeouts: CustomTimeouts;
  readonly replaceOnChanges: readonly string[];
  readonly retainOnDelete: boolean | undefined;
  readonly deletedWith: string;
  readonly sourcePosition: string;
  readonly stackTrace: readonly JsonObject[];
}

/** A goal of the engine's own making: a default provider. */
export function providerGoal(type: string, name: string, properties: PropertyMap): Goal {
  return {
    type,
    name,
    custom: true,
    parent: "",
    properties,
    protect: undefined,
    dependencies: [],
    provider: "",
    propertyDependencies: {},
    deleteBeforeReplace: undefined,
    ignoreChanges: [],
    additionalSecretOutputs: [],
    aliases: [],
    customTimeouts: {},
    replaceOnChanges: [],
    retainOnDelete: undefined,
    deletedWith: "",
    sourcePosition: "",
    stackTrace: [],
  };
}
