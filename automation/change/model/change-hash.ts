import { createHash } from "node:crypto";
import { isJsonObject } from "../../../components/values/json-object";
import type { PlannedChange } from "./change";
import { compare } from "./planned-changes";

interface Hashed {
  readonly project: string;
  readonly stack: string;
  readonly resources: readonly PlannedChange[];
}

/** Raised whenever what is hashed, or how, changes: hashes of different versions never agree by chance. */
const VERSION = 1;

/** 64 hex digits over every resource, operation and property change, whatever order they come in. */
export function changeHash({ project, stack, resources }: Hashed): string {
  const parts = resources.map(canonicalResource).sort(compare);
  return createHash("sha256")
    .update(canonical({ version: VERSION, project, stack, parts }))
    .digest("hex");
}

function canonicalResource({ urn, operation, properties, secrets }: PlannedChange): string {
  return canonical({ urn, operation, properties: properties.map(canonical).sort(compare), secrets });
}

/** JSON with the keys of objects in order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (!isJsonObject(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compare(a, b)));
  });
}
