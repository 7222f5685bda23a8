import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../values/error-facts";

/** A place with logins that can't be used; a mistake in the settings (exit code 2). Names the place, not its content. */
export class InvalidDockerConfig extends Error {
  override name = "InvalidDockerConfig";
}

/** Where programs leave logins for registries, all in the form of Docker's config.json. */
export interface LoginPlace {
  /** For messages: a file, or the variable. */
  readonly name: string;
  /** "Docker's configuration", for messages. */
  readonly what: string;
  /** What to do about one that is broken. */
  readonly cure: string;
  /** Undefined where there is none. @throws InvalidDockerConfig */
  read(): string | undefined;
}

const TEXT = "DOCKER_AUTH_CONFIG";
const FILE = "REGISTRY_AUTH_FILE";

/**
 * In the order in which they are looked into: Docker's variable comes before its file (docker/cli 28.3), and the files of skopeo
 * and podman before Docker's, as they do it (containers-auth.json(5); asked of skopeo 1.9.3). A file that REGISTRY_AUTH_FILE
 * names takes the place of theirs.
 */
export function loginPlaces(env: NodeJS.ProcessEnv): LoginPlace[] {
  const text = env[TEXT];
  const named = env[FILE];
  const { XDG_RUNTIME_DIR: runtime } = env;
  const config = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  // Who has no XDG_RUNTIME_DIR, as cron and jobs of root, has a folder of the user's number.
  const running = runtime
    ? join(runtime, "containers")
    : join("/run/containers", `${process.getuid?.() ?? 0}`);
  const folders = [running, join(config, "containers")];
  return [
    ...(text ? [variable(text)] : []),
    ...(named ? [namedFile(named)] : folders.map((folder) => containersFile(folder))),
    dockersFile(env),
  ];
}

/** $DOCKER_CONFIG/config.json, else ~/.docker/config.json. */
export function dockerConfigFile(env: NodeJS.ProcessEnv): string {
  return join(env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker"), "config.json");
}

function dockersFile(env: NodeJS.ProcessEnv): LoginPlace {
  const path = dockerConfigFile(env);
  const place = file(path, "Docker's configuration", "Correct it, or set DOCKER_CONFIG to another folder");
  const folder = env["DOCKER_CONFIG"];
  const read = () => {
    const text = place.read();
    // That nothing is there is no mistake; a file's name, often that of config.json itself, is one.
    if (text === undefined && folder && statSync(folder, { throwIfNoEntry: false })?.isFile())
      throw new InvalidDockerConfig(
        `DOCKER_CONFIG: expected the folder that config.json is in, got the file ${folder} (so that ${path} would be read)`,
      );
    return text;
  };
  return { ...place, read };
}

function variable(text: string): LoginPlace {
  return { name: TEXT, what: "The environment's", cure: "Correct the variable", read: () => text };
}

function containersFile(folder: string): LoginPlace {
  const path = join(folder, "auth.json");
  return file(path, "The logins of skopeo and podman in", `Correct it, or set ${FILE} to another file`);
}

/** Somebody has named it: that it isn't there is a mistake. */
function namedFile(path: string): LoginPlace {
  const place = file(path, `The file of ${FILE},`, "Correct it, or the variable");
  const read = () => {
    const text = place.read();
    if (text !== undefined) return text;
    throw new InvalidDockerConfig(`${place.what} ${path}, isn't there. Correct the variable, or log in`);
  };
  return { ...place, read };
}

function file(name: string, what: string, cure: string): LoginPlace {
  const read = () => {
    try {
      return readFileSync(name, "utf8");
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw new InvalidDockerConfig(`${what} ${name} can't be read (${code})`, { cause: error });
    }
  };
  return { name, what, cure, read };
}
