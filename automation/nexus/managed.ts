import { type KindName, kinds } from "../../components/nexus/kinds";
import { engineJson } from "../engine-json";
import { engineFailure } from "../open-stack";

/** An object in Nexus that the stack manages. */
export interface ManagedObject {
  readonly kind: KindName;
  /** Its name in Nexus; a certificate's fingerprint. */
  readonly id: string;
  /** As the state has it, which is what the provider's delete guard goes by. */
  readonly allowDataLoss: boolean;
}

/** What of a resource counts here, as the state and the engine's events tell it. */
export interface ToldResource {
  readonly type: string;
  readonly id?: string;
  readonly inputs?: { readonly [property: string]: unknown };
  readonly outputs?: { readonly [property: string]: unknown };
}

const TYPE = /^pulumi-nodejs:dynamic\/nexus:(\w+)$/;

/** What the stack manages in Nexus, as its state says. Nothing for a stack that has no state yet. */
export async function managedObjects(stack: string): Promise<ManagedObject[]> {
  const exported: { deployment: { resources?: readonly ToldResource[] } | null } = await engineJson<{
    deployment: { resources?: readonly ToldResource[] } | null;
  }>(stack, ["stack", "export"]).catch(engineFailure);
  return (exported.deployment?.resources ?? []).flatMap((resource) => managedObject(resource) ?? []);
}

/** Undefined for what is no object of one of our kinds. */
export function managedObject({ type, id, inputs, outputs }: ToldResource): ManagedObject | undefined {
  const kind = kindOf(type);
  if (!kind || !id) return undefined;
  return { kind, id, allowDataLoss: (outputs ?? inputs)?.["allowDataLoss"] === true };
}

export function kindOf(type: string): KindName | undefined {
  const [, name = ""] = TYPE.exec(type) ?? [];
  return Object.hasOwn(kinds, name) ? (name as KindName) : undefined;
}
