export const STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_PREFIX = "pulumi:providers:";

/** `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`; the stack itself counts as no parent. */
export function makeUrn(stack: string, project: string, parent: string, type: string, name: string): string {
  const parentType = parent === "" ? "" : qualifiedType(parent);
  const qualified = parentType === "" || parentType === STACK_TYPE ? type : `${parentType}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

export function stackUrn(stack: string, project: string): string {
  return makeUrn(stack, project, "", STACK_TYPE, `${project}-${stack}`);
}

export function isUrn(text: string): boolean {
  return /^urn:pulumi:[^:]+::[^:]+::.+::.+$/s.test(text);
}

function qualifiedType(urn: string): string {
  return urn.split("::")[2] ?? "";
}

export function urnType(urn: string): string {
  return qualifiedType(urn).split("$").pop() ?? "";
}

export function urnName(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

export function isProviderType(type: string): boolean {
  return type.startsWith(PROVIDER_PREFIX);
}

export function providerType(packageName: string): string {
  return `${PROVIDER_PREFIX}${packageName}`;
}

/** `docker` of `docker:index/image:Image` and of `pulumi:providers:docker`. */
export function packageOf(type: string): string {
  return isProviderType(type) ? type.slice(PROVIDER_PREFIX.length) : (type.split(":")[0] ?? "");
}

/** Default providers are the engine's own business: neither shown nor counted. */
export function isDefaultProvider(urn: string): boolean {
  return isProviderType(urnType(urn)) && /^default(_|$)/.test(urnName(urn));
}

/** A provider reference: its URN and its id. */
export function parseProviderReference(reference: string): { urn: string; id: string } {
  const at = reference.lastIndexOf("::");
  return { urn: reference.slice(0, at), id: reference.slice(at + 2) };
}
