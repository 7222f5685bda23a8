import { readFileSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { Secrets } from "../../components/http/secrets";

/** What the environment holds that nobody else may see, whether or not the program uses it. */
const SECRET_NAME =
  /PASSWORD|PASSPHRASE|TOKEN|SECRET|PRIVATE_?KEY|ACCESS_?KEY|AUTH_CONFIG|JWT|^BERTH_HASH_KEY$/i;

/** `NPM_TOKEN=dev` is nobody's secret, and a text without its "dev" is nobody's help. */
const SHORTEST = 8;

/** Variables of GitLab's type File, and those of names like PULUMI_CONFIG_PASSPHRASE_FILE, name a file of no more than that. */
const LONGEST_FILE = 64 * 1024;

/** Whatever their length: they are never anything but secrets. */
const ALWAYS = ["CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "BERTH_GITLAB_TOKEN", "PULUMI_CONFIG_PASSPHRASE"];

/** The secrets of an environment: passwords, tokens and keys, by the names of the variables. */
export function secretsOf(env: NodeJS.ProcessEnv): Secrets {
  const secrets = new Secrets();
  for (const [name, given = ""] of Object.entries(env)) {
    if (!SECRET_NAME.test(name)) continue;
    const value = (isAbsolute(given) ? inFile(name, given) : given).trim();
    if (ALWAYS.includes(name)) secrets.keepSent(value);
    else if (value.length >= SHORTEST) secrets.keep(value);
  }
  return secrets;
}

/** Those that this run has seen. Whatever it says to people goes through here, whoever said it first. */
export const knownSecrets = secretsOf(process.env);

/** The file's text. A secret may begin with a slash, too, but not one that is said to be a path. */
function inFile(name: string, path: string): string {
  try {
    const file = statSync(path);
    return file.isFile() && file.size <= LONGEST_FILE ? readFileSync(path, "utf8") : "";
  } catch {
    return /_(FILE|PATH|DIR)$/i.test(name) ? "" : path;
  }
}
