import { type KindName, kinds } from "../../components/nexus/kinds";
import type { StateResource } from "../engine/stack-state";

/** An object in Nexus that the stack manages. */
export interface ManagedObject {
  readonly kind: KindName;
  /** Its name in Nexus; a certificate's fingerprint. */
  readonly id: string;
  /** As the state has it, which is what the provider's delete guard goes by. */
  readonly allowDataLoss: boolean;
  /** It was in Nexus before the stack took it over, and stays there. */
  readonly stays?: boolean;
}

const TYPE = /^pulumi-nodejs:dynamic\/nexus:(\w+)$/;

/** What the stack manages in Nexus, as its state says. */
export function managedObjects({
  resources,
}: {
  readonly resources: readonly StateResource[];
}): ManagedObject[] {
  return resources.flatMap((resource) => managedObject(resource) ?? []);
}

/** Undefined for what is no object of one of our kinds. */
export function managedObject({
  type,
  id,
  inputs,
  outputs,
}: Omit<StateResource, "urn">): ManagedObject | undefined {
  const kind = kindOf(type);
  if (!kind || !id) return undefined;
  const props = outputs ?? inputs;
  const stays = props?.["wasThere"] === true && { stays: true };
  return { kind, id, allowDataLoss: props?.["allowDataLoss"] === true, ...stays };
}

export function kindOf(type: string): KindName | undefined {
  const [, name = ""] = TYPE.exec(type) ?? [];
  return Object.hasOwn(kinds, name) ? (name as KindName) : undefined;
}
