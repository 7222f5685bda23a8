import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Document, Pair, Scalar, YAMLMap } from "yaml";
import { writeAtomically } from "../backend/atomic-write";
import { CliError, EXIT } from "../errors";
import type { Path } from "../values/path";
import type { Json } from "../values/wire";
import type { ConfigValue } from "./config-value";

const KNOWN = new Set(["encryptionsalt", "secretsprovider", "encryptedkey", "config", "environment"]);

/** A stack's `Pulumi.<stack>.yaml`. Edits keep the file's comments and order. */
export class StackConfig {
  private changed = false;

  private constructor(
    readonly file: string,
    private readonly document: Document,
  ) {}

  /** An empty configuration where there is no file. */
  static load(file: string): StackConfig {
    const { parseDocument } = require("yaml") as typeof import("yaml");
    const document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "");
    const problem = document.errors[0];
    if (problem) throw new CliError(`could not load '${file}': ${problem.message}`, EXIT.configuration);
    const config = new StackConfig(file, document as Document);
    config.validate();
    return config;
  }

  get salt(): string | undefined {
    return this.document.get("encryptionsalt") as string | undefined;
  }

  set salt(value: string | undefined) {
    if (value === this.salt) return;
    this.changed = true;
    if (value === undefined) {
      this.document.delete("encryptionsalt");
    } else if (this.document.has("encryptionsalt")) {
      this.document.set("encryptionsalt", value);
    } else {
      this.document.set("encryptionsalt", value);
      const items = (this.document.contents as YAMLMap).items;
      items.unshift(items.pop() as Pair);
    }
  }

  entries(): Map<string, ConfigValue> {
    const config = (this.document.toJS() as { config?: { [key: string]: Json } } | null)?.config ?? {};
    return new Map(
      Object.entries(config).map(([key, value]) => [key.replace(/^([^:]+):config:/, "$1:"), value]),
    );
  }

  set(key: string, path: Path, value: ConfigValue): void {
    this.changed = true;
    if (path.length === 0) {
      this.document.setIn(["config", key], this.document.createNode(value));
      return;
    }
    const root = this.entries().get(key);
    if (root === undefined || typeof root !== "object") {
      this.document.setIn(["config", key], this.document.createNode(build(path, value)));
    } else {
      this.document.setIn(["config", key, ...path], this.document.createNode(value));
    }
  }

  /** False where there was nothing to remove. */
  remove(key: string, path: Path): boolean {
    if (!this.document.hasIn(["config", key, ...path])) return false;
    this.changed = true;
    this.document.deleteIn(["config", key, ...path]);
    const config = this.document.get("config") as YAMLMap | undefined;
    if (config && config.items.length === 0) this.document.delete("config");
    return true;
  }

  /** Writes the file if something changed. It holds ciphertext only, so it is as readable as any source file. */
  save(): void {
    if (!this.changed) return;
    const text = this.document.toString({ lineWidth: 0, flowCollectionPadding: true });
    writeAtomically(this.file, text === "{}\n" ? "" : text);
    this.changed = false;
  }

  private validate(): void {
    const { isMap } = require("yaml") as typeof import("yaml");
    const contents = this.document.contents;
    if (contents === null) {
      return;
    }
    const fail = (what: string) =>
      new CliError(`could not load '${basename(this.file)}': ${what}`, EXIT.configuration);
    if (!isMap(contents)) throw fail("it holds no mapping");
    const keys = contents.items.map((item) => String((item.key as Scalar).value));
    const unknown = keys.find((key) => !KNOWN.has(key));
    if (unknown) throw fail(`the attribute '${unknown}' is not supported`);
    if (this.document.get("environment"))
      throw fail("ESC environments are not supported by the sandbox's Pulumi engine");
    const provider = this.document.get("secretsprovider");
    if (provider !== undefined && provider !== "passphrase") {
      throw fail(`the secrets provider '${String(provider)}' is not supported; only passphrase is`);
    }
  }
}

function build(path: Path, value: Json): Json {
  return path.reduceRight<Json>((inner, segment) => {
    if (typeof segment === "string") return { [segment]: inner };
    if (segment !== 0) throw new CliError("array index out of range", EXIT.configuration);
    return [inner];
  }, value);
}
