import * as pulumi from "@pulumi/pulumi";

/** A password out of the settings, marked as a secret; undefined where there is none. */
export function secretly(value: string | undefined): pulumi.Output<string> | undefined {
  return value === undefined ? undefined : pulumi.secret(value);
}
