import type Docker from "dockerode";
import type { AppSettings } from "../../settings/app-settings";
import { SECRETS_FOLDER } from "../secret-text";
import { BINARIES } from "./binaries";

/** Its name beside the secrets, none of which begins with a dot. */
export const SECRET_ENV_FILE = ".secret-env";
const PROGRAM = `${SECRETS_FOLDER}/${SECRET_ENV_FILE}`;
/** What ends the names of secrets, and begins what is started. */
const THEN = "--";

type WithSecrets = Pick<AppSettings, "env" | "secrets" | "secretEnv">;

/** The secrets that the app's program gets as variables. */
export function secretVariables({ secrets, secretEnv }: Omit<WithSecrets, "env">): string[] {
  return secretEnv.filter((name) => Object.hasOwn(secrets, name));
}

/** Its variables that are no secret: those of the settings, and the paths of secrets. */
export function plainVariables({ env, secrets, secretEnv }: WithSecrets): Record<string, string> {
  const paths = secretEnv
    .filter((name) => !Object.hasOwn(secrets, name))
    .map((name) => [name, `${SECRETS_FOLDER}/${name.replace(/_FILE$/, "")}`] as const);
  return { ...env, ...Object.fromEntries(paths) };
}

/** How a container starts: what `docker inspect` calls Entrypoint and Cmd. */
export interface ContainerStart {
  readonly entrypoint: readonly string[];
  /** Absent: the image has none. */
  readonly command?: readonly string[];
}

/** The image's own start, behind the program that puts secrets into variables (secret-env.c). */
export function startWithSecrets(
  names: readonly string[],
  { Entrypoint, Cmd }: Pick<Docker.ImageInspectInfo["Config"], "Entrypoint" | "Cmd">,
): ContainerStart {
  const words = (given: string | string[] | undefined | null) => [given ?? []].flat();
  const command = words(Cmd);
  return {
    entrypoint: [PROGRAM, ...names, THEN, ...words(Entrypoint)],
    ...(command.length > 0 && { command }),
  };
}

/**
 * A command for a container that runs, with the secrets that the app's program has in its variables: Docker's exec gives it those of
 * the settings alone.
 * @param entrypoint of the container
 */
export function asTheApp(
  entrypoint: string | readonly string[] | null | undefined,
  command: readonly string[],
): string[] {
  const own = typeof entrypoint === "string" ? [] : (entrypoint ?? []);
  return own[0] === PROGRAM ? [...own.slice(0, own.indexOf(THEN) + 1), ...command] : [...command];
}

/** The program for a Docker's machine. @throws Error where there is none */
export async function secretEnvProgram(docker: Docker): Promise<Buffer> {
  const { Arch } = await docker.version();
  const found = Object.entries(BINARIES).find(([arch]) => arch === Arch)?.[1];
  if (found === undefined)
    throw new Error(
      `secretEnv works on ${Object.keys(BINARIES).join(" and ")}, and this Docker's machine is ${Arch}. ` +
        "Next: let the app read its secrets' files, or take it to another server",
    );
  return Buffer.from(found, "base64");
}
