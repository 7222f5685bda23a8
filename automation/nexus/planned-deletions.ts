import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type KindName, kinds } from "../../components/nexus/kinds";
import type { Fields, Kind } from "../../components/nexus/object/kind";
import type { NexusSettings } from "../../components/settings/settings";
import { kindOf, type ManagedObject, managedObject } from "./managed";

/** Collects from the events of a preview which repositories and blob stores would be deleted. */
export class PlannedDeletions {
  private readonly deleted: ManagedObject[] = [];
  private readonly created = new Set<string>();

  readonly onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (!resourcePreEvent) return;
    const { op, type, old, new: next } = resourcePreEvent.metadata;
    const kind = kindOf(type);
    if (!kind) return;
    if (op === "create") this.created.add(`${kind} ${idOf(kind, next?.inputs ?? {})}`);
    const object = old && managedObject(old);
    if (op === "delete" && object && !old.retainOnDelete) this.deleted.push(object);
  };

  /** Without what another resource takes over in the same run: the provider then leaves it be. */
  get objects(): ManagedObject[] {
    return this.deleted.filter(holdsContent).filter(({ kind, id }) => !this.created.has(`${kind} ${id}`));
  }
}

/**
 * What a stack manages and its settings no longer name: what an `up` would delete, found out without running the program.
 * Only repositories and blob stores.
 */
export function outOfSettings(managed: readonly ManagedObject[], settings: NexusSettings): ManagedObject[] {
  const wanted = new Set([
    ...Object.entries(settings.repositories).map(([name, { format, type }]) => {
      return `${capitalised(format)}${capitalised(type)} ${name}`;
    }),
    ...Object.entries(settings.blobStores).map(([name, { type }]) => `${capitalised(type)}BlobStore ${name}`),
  ]);
  return managed.filter(holdsContent).filter(({ kind, id }) => !wanted.has(`${kind} ${id}`));
}

/** Whether it goes with the stack and is of a kind that holds what would be lost with it. */
export function holdsContent({ kind, stays }: ManagedObject): boolean {
  const { content }: Kind = kinds[kind];
  return content !== undefined && !stays;
}

function idOf(kind: KindName, inputs: Fields): string {
  const { id }: Kind = kinds[kind];
  return id(inputs);
}

const capitalised = (word: string) => word[0]!.toUpperCase() + word.slice(1);
