import * as pulumi from "@pulumi/pulumi";

/** The stack's outputs at the end of its last update, accounts with their passwords; none where there was no update yet. */
export interface OutputsBefore {
  readonly [output: string]: unknown;
}

/** Those that the next run asks for. `nexusUrl` tells a stack of any version from a new one. */
const ASKED = ["nexusUrl", "nexusCa", "dockerGroup", "accounts", "apps", "edges"] as const;

export async function outputsBefore(): Promise<OutputsBefore> {
  const self = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const before = new pulumi.StackReference("before", { name: self });
  const values = await Promise.all(
    ASKED.map(async (name) => {
      const { value, secretValue } = await before.getOutputDetails(name);
      return [name, value ?? secretValue];
    }),
  );
  return Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== null));
}
