import { createHash } from "node:crypto";
import type { DeploymentJson } from "../backend/checkpoint";
import { goTime } from "../backend/go-time";
import type { Crypter, SecretStyle } from "../values/state-values";
import type { JsonObject } from "../values/wire";
import { ENGINE_VERSION } from "../version";
import { type PendingOperation, type ResourceState, stateFromJson, stateToJson } from "./resource-state";

/**
 * The state of a stack while a run changes it. It is valid at every moment: what this run has finished stands
 * first, in the order in which it finished (a dependency before its dependents); then comes what the run has
 * not touched yet, in its old order.
 */
export class Snapshot {
  private readonly news: ResourceState[] = [];
  private readonly done = new Set<ResourceState>();
  private readonly operations = new Set<PendingOperation>();
  private readonly texts = new WeakMap<ResourceState, string>();

  private constructor(
    /** As the last run left them. */
    readonly base: ResourceState[],
    /** What an interrupted run was doing; creations stay on record until the user clears them. */
    public interrupted: PendingOperation[],
    private readonly metadata: JsonObject,
    private readonly crypter: Crypter,
    private readonly salt: string,
  ) {}

  static read(latest: DeploymentJson | undefined, crypter: Crypter, salt: string): Snapshot {
    const base = (latest?.resources ?? []).map((json) => stateFromJson(json, crypter));
    const pending = (latest?.pending_operations ?? []).map(({ resource, type }) => ({
      resource: stateFromJson(resource, crypter),
      type,
    }));
    return new Snapshot(base, pending, latest?.metadata ?? {}, crypter, salt);
  }

  get resources(): ResourceState[] {
    return [...this.news, ...this.base.filter((state) => !this.done.has(state))];
  }

  begin(resource: ResourceState, type: PendingOperation["type"]): PendingOperation {
    const operation = { resource, type };
    this.operations.add(operation);
    return operation;
  }

  end(operation: PendingOperation | undefined): void {
    if (operation) this.operations.delete(operation);
  }

  add(state: ResourceState): void {
    this.news.push(state);
  }

  finish(old: ResourceState): void {
    this.done.add(old);
    const index = this.news.indexOf(old);
    if (index >= 0) this.news.splice(index, 1);
  }

  /** A refresh found `current` where `old` was; undefined where nothing is left. */
  replaceBase(old: ResourceState, current: ResourceState | undefined): void {
    const index = this.base.indexOf(old);
    if (current) this.base[index] = current;
    else this.base.splice(index, 1);
  }

  /** A resource is known by a new URN from now on: what still refers to the old one follows. */
  rename(from: string, to: string): void {
    const urn = (text: string) => (text === from ? to : text);
    for (const state of this.base) {
      state.parent = urn(state.parent);
      state.deletedWith = urn(state.deletedWith);
      state.dependencies = state.dependencies.map(urn);
      if (state.provider.startsWith(`${from}::`)) state.provider = to + state.provider.slice(from.length);
      for (const [key, urns] of Object.entries(state.propertyDependencies)) {
        state.propertyDependencies[key] = urns.map(urn);
      }
      this.touch(state);
    }
  }

  /** To be called when a resource that is part of the snapshot has changed in place. */
  touch(state: ResourceState): void {
    this.texts.delete(state);
  }

  /** The deployment as JSON text; resources that haven't changed since the last call cost nothing. */
  text(): string {
    const head = this.head();
    const parts = [`"manifest":${JSON.stringify(head.manifest)}`];
    parts.push(`"secrets_providers":${JSON.stringify(head.secrets_providers)}`);
    const resources = this.resources.map((state) => this.textOf(state));
    if (resources.length > 0) parts.push(`"resources":[${resources.join(",")}]`);
    const pending = this.pendingOperations().map(
      ({ resource, type }) => `{"resource":${this.freshText(resource)},"type":"${type}"}`,
    );
    if (pending.length > 0) parts.push(`"pending_operations":[${pending.join(",")}]`);
    parts.push(`"metadata":${JSON.stringify(this.metadata)}`);
    return `{${parts.join(",")}}`;
  }

  /** The same as an object, with secrets in the style asked for. */
  json(style: SecretStyle): DeploymentJson {
    const pending = this.pendingOperations().map(({ resource, type }) => ({
      resource: stateToJson(resource, this.crypter, style),
      type,
    }));
    return {
      ...this.head(),
      resources: this.resources.map((state) => stateToJson(state, this.crypter, style)),
      ...(pending.length > 0 ? { pending_operations: pending } : {}),
      metadata: this.metadata,
    };
  }

  /** The same under another key: secrets are encrypted anew. */
  encryptedBy(crypter: Crypter): DeploymentJson {
    const pending = this.interrupted.map(({ resource, type }) => ({
      resource: stateToJson(resource, crypter, "encrypt"),
      type,
    }));
    return {
      ...this.head(),
      resources: this.resources.map((state) => stateToJson(state, crypter, "encrypt")),
      ...(pending.length > 0 ? { pending_operations: pending } : {}),
      metadata: this.metadata,
    };
  }

  private head() {
    return { manifest: manifest(), secrets_providers: { type: "passphrase", state: { salt: this.salt } } };
  }

  private pendingOperations(): PendingOperation[] {
    return [...this.operations, ...this.interrupted.filter(({ type }) => type === "creating")];
  }

  private textOf(state: ResourceState): string {
    const text = this.texts.get(state) ?? this.freshText(state);
    this.texts.set(state, text);
    return text;
  }

  private freshText(state: ResourceState): string {
    return JSON.stringify(stateToJson(state, this.crypter, "encrypt"));
  }
}

/** `magic` is a checksum of the version, by which the real CLI knows an intact manifest. */
export function manifest(): DeploymentJson["manifest"] {
  const magic = createHash("sha256").update(ENGINE_VERSION).digest("hex");
  return { time: goTime(), magic, version: ENGINE_VERSION };
}
