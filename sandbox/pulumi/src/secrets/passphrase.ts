import { createCipheriv, createDecipheriv, pbkdf2, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { CliError, EXIT, messageOf } from "../errors";
import type { Crypter } from "../values/state-values";

/** Pulumi's parameters (sdk/go/common/resource/config/crypt.go): they make one derivation take about half a second. */
const KDF = { rounds: 1_000_000, keyBytes: 32, digest: "sha256", saltBytes: 8 } as const;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const MISSING =
  "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables";

/** The stack's passphrase from the environment; the file's surrounding white space is not part of it. */
export function passphraseFromEnvironment(env: NodeJS.ProcessEnv = process.env): string {
  const direct = env["PULUMI_CONFIG_PASSPHRASE"];
  if (direct !== undefined) return direct;
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (!file) throw new CliError(`getting secrets manager: ${MISSING}`, EXIT.configuration);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CliError(
      `unable to read PULUMI_CONFIG_PASSPHRASE_FILE: ${messageOf(error)}`,
      EXIT.configuration,
    );
  }
}

/**
 * Pulumi's passphrase secrets manager: AES-256-GCM under a key derived from the passphrase. `salt` is what
 * stands as `encryptionsalt` in the stack's file: `v1:<salt>:v1:<nonce>:<ciphertext of "pulumi">`, all base64.
 * The key is derived at most once, and only when something has to be encrypted or decrypted.
 */
export class PassphraseSecrets implements Crypter {
  private key: Buffer | undefined;
  private preparing: Promise<void> | undefined;

  constructor(
    readonly salt: string,
    private readonly passphrase: () => string = passphraseFromEnvironment,
  ) {
    if (!/^v1:[^:]+:v1:[^:]+:[^:]+$/.test(salt))
      throw new CliError("malformed encryptionsalt in the stack's file");
  }

  /** A new stack's manager, with a new salt. */
  static async create(passphrase: string): Promise<PassphraseSecrets> {
    const salt = randomBytes(KDF.saltBytes);
    const key = await promisify(pbkdf2)(passphrase, salt, KDF.rounds, KDF.keyBytes, KDF.digest);
    const manager = new PassphraseSecrets(
      `v1:${salt.toString("base64")}:${seal(key, "pulumi")}`,
      () => passphrase,
    );
    manager.key = key;
    return manager;
  }

  encrypt(plaintext: string): string {
    return seal(this.derived(), plaintext);
  }

  decrypt(ciphertext: string): string {
    try {
      return open(this.derived(), ciphertext);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(
        "failed to decrypt a secret: it was encrypted with another passphrase or is damaged",
      );
    }
  }

  /** Derives the key off the main thread, so that encrypting later costs nothing. A wrong passphrase throws. */
  prepare(): Promise<void> {
    this.preparing ??= this.key ? Promise.resolve() : this.derive();
    return this.preparing;
  }

  /** Resolves when no derivation is under way, whatever came of it. */
  async settled(): Promise<void> {
    await this.preparing?.catch(() => undefined);
  }

  private async derive(): Promise<void> {
    const { saltBytes, passphrase } = this.parameters();
    this.accept(await promisify(pbkdf2)(passphrase, saltBytes, KDF.rounds, KDF.keyBytes, KDF.digest));
  }

  private derived(): Buffer {
    if (!this.key) {
      const { saltBytes, passphrase } = this.parameters();
      this.accept(pbkdf2Sync(passphrase, saltBytes, KDF.rounds, KDF.keyBytes, KDF.digest));
    }
    return this.key!;
  }

  private parameters() {
    const saltBytes = Buffer.from(this.salt.split(":")[1]!, "base64");
    return { saltBytes, passphrase: this.passphrase() };
  }

  private accept(key: Buffer): void {
    try {
      if (open(key, this.salt.split(":").slice(2).join(":")) !== "pulumi") throw new Error("mismatch");
    } catch {
      throw new CliError("getting secrets manager: incorrect passphrase", EXIT.configuration);
    }
    this.key = key;
  }
}

function seal(key: Buffer, plaintext: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

function open(key: Buffer, text: string): string {
  const [version, nonce, body] = text.split(":");
  if (version !== "v1" || nonce === undefined || body === undefined) throw new Error("malformed ciphertext");
  const bytes = Buffer.from(body, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  return (
    decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
  );
}
