import type { FileBackend, StackName } from "../backend/file-backend";
import { fullName, parseStackName } from "../backend/file-backend";
import { PassphraseSecrets } from "../secrets/passphrase";
import { mapFromState } from "../values/state-values";
import { containsSecret, type PropertyMap, type PropertyValue, plainValue } from "../values/value";
import type { JsonObject } from "../values/wire";
import { type Diff, type Live, NO_DIFF } from "./provider-adapter";
import type { ResourceState } from "./resource-state";
import { STACK_TYPE } from "./urn";

const STACK_REFERENCE = "pulumi:pulumi:StackReference";

/** The package `pulumi`: references to stacks in the same backend, and look-ups of this stack's resources. */
export class BuiltinProvider {
  constructor(
    private readonly backend: FileBackend,
    private readonly stack: StackName,
    private readonly find: (urn: string) => ResourceState | undefined,
  ) {}

  async check(state: ResourceState, _olds: PropertyMap | undefined, news: PropertyMap) {
    this.requireReference(state.type);
    const failures =
      typeof plainValue(news["name"] ?? null) === "symbol" || news["name"]
        ? []
        : [{ property: "name", reason: `missing required property "name"` }];
    return { inputs: news, failures };
  }

  async diff(
    _old: ResourceState,
    oldInputs: PropertyMap,
    _outputs: PropertyMap,
    news: PropertyMap,
  ): Promise<Diff> {
    const changed = plainValue(oldInputs["name"] ?? null) !== plainValue(news["name"] ?? null);
    return changed ? { ...NO_DIFF, changes: true, replaceKeys: ["name"], changedKeys: ["name"] } : NO_DIFF;
  }

  async create(): Promise<Live> {
    throw new Error(
      "the 'pulumi:pulumi:StackReference' resource can only be read: pass it to `new pulumi.StackReference`",
    );
  }

  async update(): Promise<Live> {
    return this.create();
  }

  async read(state: ResourceState): Promise<Live & { inputs: PropertyMap }> {
    this.requireReference(state.type);
    const name = plainValue(state.inputs["name"] ?? state.id);
    const outputs = this.stackOutputs(String(name));
    const secrets = Object.keys(outputs).filter((key) => containsSecret(outputs[key]!));
    return {
      id: state.id,
      inputs: state.inputs,
      outputs: { name: name as PropertyValue, outputs, secretOutputNames: secrets },
      initErrors: [],
    };
  }

  async delete(): Promise<void> {
    // A reference is only read: nothing exists that could be deleted.
  }

  async invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
    const argument = (name: string) => String(plainValue(args[name] ?? null));
    if (token === "pulumi:pulumi:readStackOutputs") {
      return { name: argument("name"), outputs: this.stackOutputs(argument("name")) };
    }
    if (token !== "pulumi:pulumi:getResource") throw new Error(`unrecognized function name: '${token}'`);
    const state = this.find(argument("urn"));
    if (!state) throw new Error(`unknown resource ${argument("urn")}`);
    return { urn: state.urn, id: state.id, state: { ...state.outputs } };
  }

  async close(): Promise<void> {
    // Holds nothing.
  }

  /** A reference to the running stack itself sees its last saved outputs. */
  private stackOutputs(text: string): PropertyMap {
    const name = parseStackName(text, this.stack.project);
    if (!this.backend.exists(name)) throw new Error(`unknown stack "${fullName(name)}"`);
    const latest = this.backend.read(name).checkpoint.latest;
    const root = latest?.resources?.find((resource) => resource.type === STACK_TYPE && !resource.delete);
    const salt = latest?.secrets_providers?.state?.salt;
    const crypter = salt ? new PassphraseSecrets(salt) : NO_SECRETS;
    return mapFromState((root?.outputs ?? {}) as JsonObject, crypter);
  }

  private requireReference(type: string): void {
    if (type !== STACK_REFERENCE) throw new Error(`unrecognized resource type '${type}'`);
  }
}

const NO_SECRETS = {
  encrypt: (): string => {
    throw new Error("the stack has no secrets manager");
  },
  decrypt: (): string => {
    throw new Error("the stack holds a secret but no secrets manager");
  },
};
