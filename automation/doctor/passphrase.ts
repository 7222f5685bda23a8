import { createDecipheriv, pbkdf2 } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { parse } from "yaml";
import { messageOf } from "../../components/values/error-facts";
import { type JsonObject, objectOf } from "../../components/values/json-object";
import { type Finding, fail, ok, warn } from "./finding";
import { askedFor } from "./this-machine";

export const PASSPHRASE = "passphrase";

const [TEXT, FILE] = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"] as const;

/** What the engine keeps a stack's secrets by (pkg/secrets/passphrase, sdk/go/common/resource/config/crypt.go). */
const [ROUNDS, KEY_BYTES, TAG_BYTES, KNOWN_TEXT] = [1_000_000, 32, 16, "pulumi"] as const;

/**
 * Whether the environment's passphrase is the stack's: by the word that the engine has encrypted beside its salt, so that nobody
 * else is asked.
 * @param path of the stack's file
 */
export async function passphraseFinding(
  path: string,
  stack: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Finding> {
  const file = fileAt(path);
  if (file === undefined) return warn(PASSPHRASE, `not looked at: ${path} has to be YAML first`);
  const { secretsprovider: keeper, encryptionsalt: salt } = file;
  if (typeof keeper === "string" && keeper !== "passphrase")
    return ok(PASSPHRASE, `none: the stack's secrets are kept by ${keeper.replace(/\?.*$/, "")}`);
  const given = passphraseOf(env);
  if ("finding" in given) return given.finding;
  const { passphrase, from } = given;
  if (typeof salt !== "string") {
    if (passphrase !== undefined) return ok(PASSPHRASE, `${from} is set, for the first update`);
    const text = `neither ${TEXT} nor ${FILE} is set, and the first update of a backend without accounts needs one`;
    return warn(
      PASSPHRASE,
      text,
      `export ${TEXT}="$(openssl rand -base64 24)" # and keep it: without it the state is lost`,
    );
  }
  const place = `the stack's secrets (${path}, encryptionsalt)`;
  if (passphrase === undefined)
    return fail(PASSPHRASE, `neither ${TEXT} nor ${FILE} is set, and ${place} need it`, askedFor(TEXT));
  if (await opens(salt, passphrase)) return ok(PASSPHRASE, `${from} opens the secrets of ${stack}`);
  return fail(PASSPHRASE, `${from} is not the one of ${place}`, askedFor(TEXT));
}

/** Undefined where it is no YAML, which is said of the settings. */
function fileAt(path: string): JsonObject | undefined {
  if (!existsSync(path)) return {};
  try {
    return objectOf(parse(readFileSync(path, "utf8"), { merge: true }));
  } catch {
    return undefined;
  }
}

type Given =
  | { readonly passphrase: string | undefined; readonly from: string }
  | { readonly finding: Finding };

/** An empty one is one, too. */
function passphraseOf(env: NodeJS.ProcessEnv): Given {
  const [text, file] = [env[TEXT], env[FILE]];
  if (text !== undefined) return { passphrase: text, from: TEXT };
  if (!file) return { passphrase: undefined, from: "" };
  try {
    return { passphrase: readFileSync(file, "utf8").trim(), from: FILE };
  } catch (error) {
    const text = `${FILE} names a file that can't be read: ${messageOf(error)}`;
    return { finding: fail(PASSPHRASE, text, `${askedFor(TEXT)} # or name a file that this user may read`) };
  }
}

/** @param salt `v1:SALT:v1:NONCE:TEXT`, each in base64; one of another form is for the engine to judge */
async function opens(salt: string, passphrase: string): Promise<boolean> {
  const [, bytes, nonce, text] = /^v1:([^:]+):v1:([^:]+):([^:]+)$/.exec(salt) ?? [];
  if (bytes === undefined || nonce === undefined || text === undefined) return true;
  const [salted, number, sealed] = [bytes, nonce, text].map((part) => Buffer.from(part, "base64")) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const key = await promisify(pbkdf2)(passphrase, salted, ROUNDS, KEY_BYTES, "sha256");
  const cipher = createDecipheriv("aes-256-gcm", key, number, { authTagLength: TAG_BYTES });
  cipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return (
      Buffer.concat([cipher.update(sealed.subarray(0, -TAG_BYTES)), cipher.final()]).toString() === KNOWN_TEXT
    );
  } catch {
    return false;
  }
}
