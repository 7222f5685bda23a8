/**
 * Stands in for @pulumi/pulumi in the program of a compose file, which uses the kinds and makes no resources: their classes
 * are beside them in the same files, and go with what is left out of it.
 */
export class CustomResource {}

const unused = (): never => {
  throw new Error("There is no Pulumi in the program of a compose file.");
};

export const Output = { isInstance: unused };
export const all = unused;
export const output = unused;
export const secret = unused;
export class RunError extends Error {}
