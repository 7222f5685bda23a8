import type { Account, Credentials } from "./account";
import { dockerLogin } from "./docker-config";

/** A login that is given by halves; a mistake in the settings (exit code 2). */
export class IncompleteLogin extends Error {
  override name = "IncompleteLogin";
}

/** As in references; a login may be kept for the repository, or for a part of its path. */
interface Place {
  registry: string;
  repository: string;
}

export interface FindLoginsArgs {
  source: Place;
  target: Place;
  env: NodeJS.ProcessEnv;
  /** Milliseconds for a credential helper. @default 30000 */
  helperTimeLimit?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface Logins {
  credentials: Credentials;
  /** By the same keys, where a login came from: "BERTH_TARGET_USERNAME", "/root/.docker/config.json". */
  origins: Record<string, string>;
}

interface Login {
  account: Account;
  origin: string;
  /** As in `DockerLogin`. @default the registry */
  scope?: string;
}

/**
 * The logins for a copy. For each registry the first of these that there is: BERTH_SOURCE_USERNAME/_PASSWORD or
 * BERTH_TARGET_USERNAME/_PASSWORD; GitLab's CI_REGISTRY_USER/_PASSWORD for the registry that CI_REGISTRY names (where
 * it names none, for the source); the logins that Docker, skopeo and podman keep. Inside one registry the target's login comes before the
 * source's, since it has to write.
 * @throws IncompleteLogin; InvalidDockerConfig; CredentialHelperError
 */
export async function findLogins(args: FindLoginsArgs): Promise<Logins> {
  const { source, target, env } = args;
  const toTarget = fromEnvironment(env, "BERTH_TARGET");
  const toSource = fromEnvironment(env, "BERTH_SOURCE");
  const logins: Logins = { credentials: {}, origins: {} };
  const add = async ({ registry, repository }: Place, given: Login | undefined, isSource: boolean) => {
    const { helperTimeLimit, signal } = args;
    const login: Login | undefined =
      given ??
      fromGitlab(env, registry, isSource) ??
      (await dockerLogin({ registry, repository, env, helperTimeLimit, signal }));
    if (login === undefined) return;
    const { account, origin, scope = registry } = login;
    logins.credentials[scope] = account;
    logins.origins[scope] = origin;
  };
  if (source.registry === target.registry) {
    const given = toTarget ?? toSource;
    await add(source, given, true);
    // Docker's logins may differ inside one registry.
    if (given === undefined && source.repository !== target.repository) await add(target, given, true);
  } else {
    await add(source, toSource, true);
    await add(target, toTarget, false);
  }
  return logins;
}

function fromEnvironment(env: NodeJS.ProcessEnv, prefix: string): Login | undefined {
  const [user, pass] = [`${prefix}_USERNAME`, `${prefix}_PASSWORD`];
  // CI systems set a variable that is not there to an empty text.
  const [username, password] = [env[user] || undefined, env[pass] || undefined];
  if (username !== undefined && password !== undefined)
    return { account: { username, password }, origin: user };
  if (username === undefined && password === undefined) return undefined;
  const [set, missing] = username === undefined ? [pass, user] : [user, pass];
  throw new IncompleteLogin(`${set} is set, but ${missing} is not: set both, or neither`);
}

function fromGitlab(env: NodeJS.ProcessEnv, registry: string, isSource: boolean): Login | undefined {
  const { CI_REGISTRY: host, CI_REGISTRY_USER: username, CI_REGISTRY_PASSWORD: password } = env;
  const isMeant = host ? host.toLowerCase() === registry.toLowerCase() : isSource;
  return isMeant && username && password
    ? { account: { username, password }, origin: "CI_REGISTRY_USER" }
    : undefined;
}
