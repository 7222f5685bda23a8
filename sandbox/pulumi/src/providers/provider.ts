/**
 * What Pulumi's engine asks of a resource provider: its ResourceProvider protocol (proto/pulumi/provider.proto) with
 * plain JavaScript values in place of protobuf structs.
 *
 * These providers don't understand secrets, so the engine opens them before a call and marks them again after it: an
 * output is secret if the input of the same name was, or if it is listed in `secretOutputs`.
 */

/** Stands in, during a preview, for a value that only an update will know. */
export const UNKNOWN: unique symbol = Symbol.for("berth.sandbox.unknown");

export type Value = null | boolean | number | string | typeof UNKNOWN | Value[] | { [key: string]: Value };
export type Props = { [key: string]: Value };

export interface CheckRequest {
  readonly urn: string;
  readonly type: string;
  /** The last checked inputs; undefined where the resource is new. */
  readonly olds: Props | undefined;
  readonly news: Props;
  /** Bytes for automatic names; the same for the preview and the update of one run only by chance, as in Pulumi. */
  readonly randomSeed: Buffer;
}

export interface CheckResult {
  readonly inputs: Props;
  readonly failures: readonly { property: string; reason: string }[];
}

export interface DiffRequest {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly oldInputs: Props;
  readonly oldOutputs: Props;
  readonly newInputs: Props;
}

export type DiffKind = "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";

export interface DiffResult {
  readonly changes: boolean;
  /** Top-level properties that force a replacement. */
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** Property path (`ports[0].external`) to what happens to it; as Pulumi's detailedDiff. */
  readonly detailed: { readonly [path: string]: DiffKind };
}

/** Parts of an answer to `diff` that say the same in three ways. */
export type DiffPart = "replaces" | "diffs" | "detailed";

export interface OperationContext {
  readonly urn: string;
  readonly type: string;
  /** A line for the user under this resource; `status` lines replace each other. Never a secret. */
  log(severity: "info" | "warning" | "error" | "status", message: string): void;
  /** Aborted when the user interrupts the run. */
  readonly signal: AbortSignal;
}

export interface CreateRequest extends OperationContext {
  readonly inputs: Props;
  /** True in a preview: answer what can be known without touching the world, UNKNOWN for the rest. */
  readonly preview: boolean;
}

export interface UpdateRequest extends CreateRequest {
  readonly id: string;
  readonly oldInputs: Props;
  readonly oldOutputs: Props;
}

export interface ReadRequest extends OperationContext {
  readonly id: string;
  readonly inputs: Props;
  readonly outputs: Props;
}

export interface DeleteRequest extends OperationContext {
  readonly id: string;
  readonly inputs: Props;
  readonly outputs: Props;
}

export interface ResourceState {
  readonly id: string;
  readonly outputs: Props;
  /** Outputs to be encrypted whatever the inputs were. */
  readonly secretOutputs?: readonly string[];
}

/** The resource exists but is not as wanted: it goes into the state with these reasons (initErrors). */
export class PartialFailure extends Error {
  constructor(
    readonly state: ResourceState,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
    this.name = "PartialFailure";
  }
}

export interface Provider {
  /** Checks and fills in the provider's own arguments; an unsupported one is a failure that names it. */
  checkConfig(config: Props): CheckResult;
  configure(config: Props): Promise<void>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  /** What the real plugin leaves unsaid of a difference, as recordings of it show. */
  unsaid?(type: string): readonly DiffPart[];
  create(request: CreateRequest): Promise<ResourceState>;
  /** Undefined where the resource is gone. `inputs` as a later diff should compare with. */
  read(request: ReadRequest): Promise<(ResourceState & { readonly inputs: Props }) | undefined>;
  update(request: UpdateRequest): Promise<ResourceState>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(token: string, args: Props): Promise<Props>;
  close(): Promise<void>;
}

/** Package name (`docker`) → a new, unconfigured provider. A package that isn't here is an error naming it. */
export interface ProviderFactory {
  readonly name: string;
  readonly version: string;
  create(): Provider;
}
