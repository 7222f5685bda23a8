import { randomBytes } from "node:crypto";
import type { CheckRequest, Props } from "../provider";

/** Hex digits after an automatic name, as Pulumi's bridge makes them. */
const SUFFIX_DIGITS = 7;

/** The last part of `urn:pulumi:stack::project::type::name`. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** `name` as given, else the automatic name that the resource already has, else a new one. */
export function withAutoName(request: CheckRequest, inputs: Props): Props {
  const marks = Array.isArray(inputs["__defaults"]) ? inputs["__defaults"] : [];
  if (inputs["name"] !== undefined) return inputs;
  return { ...inputs, name: automaticName(request), __defaults: [...marks, "name"].sort() };
}

function automaticName(request: CheckRequest): string {
  const marks = request.olds?.["__defaults"];
  const old = request.olds?.["name"];
  if (Array.isArray(marks) && marks.includes("name") && typeof old === "string") return old;
  const seed = request.randomSeed.length > 0 ? request.randomSeed : randomBytes(16);
  return `${nameOf(request.urn)}-${seed.toString("hex").padEnd(SUFFIX_DIGITS, "0").slice(0, SUFFIX_DIGITS)}`;
}
