/** `acme/berth/dev` and `acme/dev` are the stack dev: its file, labels and environment are named after the last part. */
export function shortName(stack: string): string {
  return stack.split("/").at(-1)!;
}

/** Another stack, in the organisation and project that this one was asked for by. */
export function siblingOf(stack: string, other: string): string {
  return [...stack.split("/").slice(0, -1), shortName(other)].join("/");
}
