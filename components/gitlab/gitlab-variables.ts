import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../registry/registry-access";

/** The parts of a stack's Nexus that jobs log in to. */
export interface NexusLogins {
  /** `host:port` to push to and to pull from. */
  readonly dockerHosted: pulumi.Input<string>;
  readonly dockerGroup: pulumi.Input<string>;
  readonly pusher: Account;
  readonly puller: Account;
  readonly baseReader: Account;
}

/** A CI/CD variable. */
export interface VariableArgs {
  readonly value: pulumi.Output<string>;
  readonly masked: boolean;
  /** For protected branches and tags alone. */
  readonly protected: boolean;
  readonly environmentScope: string;
  readonly description: string;
}

type Variables = Readonly<Record<string, VariableArgs>>;

/** The logins for jobs of the environment `scope` on protected branches and tags, by the variables' names. */
export function loginVariables(scope: string, nexus: NexusLogins): Variables {
  const { dockerHosted, dockerGroup, pusher, puller } = nexus;
  return {
    ...login("PUSH", scope, dockerHosted, pusher, "pushes releases"),
    ...login("PULL", scope, dockerGroup, puller, "pulls releases and base images"),
  };
}

function login(
  what: string,
  environmentScope: string,
  registry: pulumi.Input<string>,
  { username, password }: Account,
  purpose: string,
): Variables {
  const description = `Berth: the account of Nexus that ${purpose}`;
  const plain = { masked: false, protected: true, environmentScope, description };
  return {
    [`BERTH_NEXUS_${what}_REGISTRY`]: { ...plain, value: pulumi.output(registry) },
    [`BERTH_NEXUS_${what}_USER`]: { ...plain, value: pulumi.output(username) },
    [`BERTH_NEXUS_${what}_PASSWORD`]: { ...plain, value: pulumi.secret(password), masked: true },
  };
}

/**
 * Docker's own file, as GitLab's runner reads it before it pulls a job's image. Neither scoped nor protected: merge requests' jobs
 * have images, too. The account pulls and nothing else.
 */
export function jobImageVariable({ dockerGroup, baseReader }: NexusLogins): Variables {
  const value = pulumi.all([dockerGroup, baseReader.password]).apply(([registry, password]) => {
    const auth = Buffer.from(`${baseReader.username}:${password}`).toString("base64");
    return JSON.stringify({ auths: { [registry]: { auth } } });
  });
  const description = "Berth: the account of Nexus that pulls the images of jobs";
  const everywhere = { protected: false, environmentScope: "*" };
  return { DOCKER_AUTH_CONFIG: { value: pulumi.secret(value), masked: true, ...everywhere, description } };
}
