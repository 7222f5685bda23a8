import * as pulumi from "@pulumi/pulumi";

/**
 * By these Pulumi's docker plugin completes what a provider's arguments leave open, for every Docker host alike: DOCKER_CONTEXT
 * takes the place of `host`, DOCKER_CERT_PATH has a unix socket spoken to by TLS. No argument keeps that from it, as it makes its
 * client of the environment first (setConfiguration and configureDockerClient of pulumi-docker, the schema of
 * kreuzwerker/terraform-provider-docker).
 */
const VARIABLES = [
  ...["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"],
  ...["DOCKER_CA_MATERIAL", "DOCKER_CERT_MATERIAL", "DOCKER_KEY_MATERIAL"],
] as const;

/** What an engine gets beside its environment, so that no plugin sees them; an empty one counts as not set. */
export function hiddenVariables(): Record<string, string> {
  return Object.fromEntries(VARIABLES.map((name) => [name, ""]));
}

/** Those of a program that `pulumi` runs by hand reach its plugins. @throws RunError where one would change an address's meaning */
export function refuseInherited(addresses: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const wrong = VARIABLES.filter((name) => env[name]).flatMap((name) => {
    const [address] = addresses.filter((one) => changes(name, one));
    return address === undefined ? [] : [{ name, address }];
  });
  const [first] = wrong;
  if (first === undefined) return;
  const names = wrong.map(({ name }) => name).join(", ");
  throw new pulumi.RunError(
    `${names} in the environment: Pulumi's docker plugin would go by ${wrong.length > 1 ? "them" : "it"} for every Docker host, ` +
      `${first.address} of the settings too. Run it by berth, which keeps them to the build, or unset ${names}.`,
  );
}

function changes(name: (typeof VARIABLES)[number], address: string): boolean {
  if (name === "DOCKER_CERT_PATH") return !address.includes("?certificates=");
  return name === "DOCKER_CONTEXT" || name.endsWith("_MATERIAL");
}
