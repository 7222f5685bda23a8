import { join } from "node:path";
import type { CheckpointJson } from "../backend/checkpoint";
import { FileBackend, fullName, parseStackName, type StackName } from "../backend/file-backend";
import { CliError, EXIT } from "../errors";
import { PassphraseSecrets, passphraseFromEnvironment } from "../secrets/passphrase";
import { Redactor } from "../secrets/redactor";
import { configText, containsSecure, decryptConfig } from "./config-value";
import { findProject, type Project, requireProject } from "./project";
import { currentBackend, selectedStack } from "./pulumi-home";
import { StackConfig } from "./stack-config";

export interface StackOptions {
  readonly stack: string | undefined;
  readonly configFile?: string | undefined;
}

/** PULUMI_BACKEND_URL, else the project's `backend.url`, else the one logged in to. */
export function openBackend(project: Project | undefined): FileBackend {
  const url = process.env["PULUMI_BACKEND_URL"] || project?.backendUrl || currentBackend();
  if (!url) {
    throw new CliError(
      "no backend is selected: set PULUMI_BACKEND_URL=file://<directory> or run `pulumi login file://<directory>`",
      EXIT.configuration,
    );
  }
  return new FileBackend(url);
}

/** One stack of the current project: where its state lives, its configuration and its secrets. */
export class Stack {
  readonly redactor = new Redactor();
  private loadedConfig: StackConfig | undefined;
  private secretsManager: PassphraseSecrets | undefined;

  constructor(
    readonly project: Project,
    readonly backend: FileBackend,
    readonly name: StackName,
    private readonly configFile?: string,
  ) {}

  /** The stack that `--stack`, PULUMI_STACK or `pulumi stack select` names. It need not exist. */
  static locate(options: StackOptions, cwd = process.cwd()): Stack {
    const project = requireProject(cwd);
    const backend = openBackend(project);
    const text = options.stack || process.env["PULUMI_STACK"] || selectedStack(project, backend.url);
    if (!text)
      throw new CliError(
        "no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one",
      );
    return new Stack(project, backend, parseStackName(text, project.name), options.configFile);
  }

  /** The same, and it exists. */
  static open(options: StackOptions, cwd = process.cwd()): { stack: Stack; checkpoint: CheckpointJson } {
    const stack = Stack.locate(options, cwd);
    return { stack, checkpoint: stack.backend.read(stack.name) };
  }

  get fullName(): string {
    return fullName(this.name);
  }

  get config(): StackConfig {
    const file = this.configFile ?? join(this.project.stackConfigDir, `Pulumi.${this.name.stack}.yaml`);
    this.loadedConfig ??= StackConfig.load(file);
    return this.loadedConfig;
  }

  /**
   * What encrypts this stack: by the salt of its file, else by that of its state (the file may be elsewhere).
   * A stack without any gets one when `ensureSecrets` is called.
   */
  secrets(checkpoint?: CheckpointJson): PassphraseSecrets {
    const salt = this.config.salt ?? checkpoint?.checkpoint.latest?.secrets_providers?.state?.salt;
    if (this.secretsManager) return this.secretsManager;
    if (!salt)
      throw new CliError(`the stack '${this.name.stack}' has no encryption salt in ${this.config.file}`);
    this.secretsManager = new PassphraseSecrets(salt);
    return this.secretsManager;
  }

  /** The same, with a new salt written to the stack's file where there is none yet. */
  async ensureSecrets(checkpoint?: CheckpointJson): Promise<PassphraseSecrets> {
    const known = this.config.salt ?? checkpoint?.checkpoint.latest?.secrets_providers?.state?.salt;
    if (known) {
      this.config.salt = known;
    } else {
      this.secretsManager = await PassphraseSecrets.create(passphraseFromEnvironment());
      this.config.salt = this.secretsManager.salt;
    }
    this.config.save();
    return this.secrets(checkpoint);
  }

  /** The configuration as programs get it, decrypted; secrets are remembered by the redactor. */
  programConfig(): { values: Map<string, string>; secretKeys: string[] } {
    const values = new Map<string, string>();
    const secretKeys: string[] = [];
    for (const [key, value] of this.config.entries()) {
      const secret = containsSecure(value);
      if (secret) secretKeys.push(key);
      values.set(key, configText(secret ? decryptConfig(value, this.secrets(), this.redactor) : value));
    }
    return { values, secretKeys };
  }
}

/** For commands that work without a project, such as `whoami`. */
export function openBackendAnywhere(cwd = process.cwd()): FileBackend {
  return openBackend(findProject(cwd));
}
