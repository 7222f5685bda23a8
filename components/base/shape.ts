import * as z from "zod/mini";

/**
 * What a resource's inputs or its state have to look like. Objects are loose: `code`, what other versions kept and what nobody
 * reads may be beside it. zod/mini, as this is loaded in Pulumi's process of dynamic providers with every run.
 */
export type Shape<T> = z.ZodMiniType<T>;

/** A state of which nothing is read. */
export const unread: Shape<object> = z.looseObject({});

/** Pulumi's sentinel for "known after the update", as it reaches a dynamic provider in a preview. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a preview knows all of it. */
export function isKnown(inputs: unknown): boolean {
  return !JSON.stringify(inputs ?? null).includes(UNKNOWN);
}

export function hasShape<T>(shape: Shape<T>, value: unknown): value is T {
  return problemsWith(shape, value) === "";
}

/** Inputs as the program gives them. @throws Error that names what is amiss, without its value: it may be a secret */
export function assertInputs<T>(shape: Shape<T>, inputs: unknown): asserts inputs is T {
  const problems = problemsWith(shape, inputs);
  if (problems === "") return;
  throw new Error(
    `These inputs are not what this resource takes: ${problems}. They come from Berth itself: is the checkout whole (git status)?`,
  );
}

/** A state, maybe of another version. @throws Error that names what is amiss, without its value, and what to do */
export function assertState<T>(shape: Shape<T>, state: unknown): asserts state is T {
  const problems = problemsWith(shape, state);
  if (problems === "") return;
  throw new Error(
    `The state of this resource is not as this version of Berth reads it: ${problems}. Was the stack last updated by a newer one? Use that. ` +
      "Else take the resource out of the state, which leaves what it made where it is: pulumi state delete URN (never of stack.Identity: " +
      "by it the stack knows what is its own; for that one import an older state)",
  );
}

/** `servers.0.edge: expected string; port: expected number`; empty where it is right. */
function problemsWith<T>(shape: Shape<T>, value: unknown): string {
  const { error } = z.safeParse(shape, value);
  const all = (error?.issues ?? []).map((issue) => {
    const place = issue.path.join(".") || "all of it";
    return `${place}: ${"expected" in issue ? `expected ${issue.expected}` : "is something else than expected"}`;
  });
  return all.join("; ");
}
