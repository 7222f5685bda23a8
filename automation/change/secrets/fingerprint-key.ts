import { pbkdf2 } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { codeOf } from "../../../components/values/error-facts";
import { CommandError, Exit } from "../../terminal/exit";

/** As many as Pulumi's own passphrase provider: the hash in a note is no easier way to guess the passphrase by. */
const ITERATIONS = 1_000_000;

/** $BERTH_HASH_KEY has to be as long as a random one is. */
const SHORTEST_KEY = 32;

/**
 * The key for fingerprints of secrets: the same for everybody who can run this stack, and known to nobody else. It is made of
 * $BERTH_HASH_KEY, else of the stack's passphrase; undefined where there is neither (a cloud's key service).
 * @throws CommandError (exit 2) for a passphrase file that can't be read, and for a short $BERTH_HASH_KEY
 */
export async function fingerprintKey(
  project: string,
  stack: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Buffer | undefined> {
  const source = ownKey(env) ?? passphrase(env);
  if (!source) return undefined;
  return promisify(pbkdf2)(source, `berth change ${project}/${stack}`, ITERATIONS, 32, "sha256");
}

function ownKey({ BERTH_HASH_KEY: key }: NodeJS.ProcessEnv): string | undefined {
  if (key && key.length < SHORTEST_KEY) {
    throw new CommandError(
      `BERTH_HASH_KEY has ${key.length} characters. It protects secrets from being guessed: take ${SHORTEST_KEY} or more ` +
        "random ones (openssl rand -hex 32).",
      Exit.usage,
    );
  }
  return key || undefined;
}

/** As the engine finds it. */
function passphrase(env: NodeJS.ProcessEnv): string | undefined {
  const { PULUMI_CONFIG_PASSPHRASE: given, PULUMI_CONFIG_PASSPHRASE_FILE: file } = env;
  if (given !== undefined || !file) return given;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const code = codeOf(error);
    throw new CommandError(`PULUMI_CONFIG_PASSPHRASE_FILE: can't read ${file} (${code})`, Exit.usage);
  }
}
