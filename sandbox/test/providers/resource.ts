import { randomBytes } from "node:crypto";
import type { Props, Provider, ResourceState } from "../../pulumi/src/providers/provider";

/** One resource of a provider, asked for as the engine would. */
export class Resource {
  inputs: Props = {};
  state: ResourceState | undefined;
  readonly logged: string[] = [];
  readonly abort = new AbortController();

  constructor(
    private readonly provider: Provider,
    readonly type: string,
    readonly name: string,
  ) {}

  get context() {
    return {
      urn: `urn:pulumi:dev::test::${this.type}::${this.name}`,
      type: this.type,
      signal: this.abort.signal,
      log: (severity: string, message: string) => void this.logged.push(`${severity}: ${message}`),
    };
  }

  /** The checked inputs. @throws with every failure's reason */
  async check(news: Props): Promise<Props> {
    const { inputs, failures } = await this.provider.check({
      ...this.context,
      olds: this.state === undefined ? undefined : this.inputs,
      news,
      randomSeed: randomBytes(16),
    });
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return inputs;
  }

  async preview(news: Props): Promise<Props> {
    const inputs = await this.check(news);
    return (await this.provider.create({ ...this.context, inputs, preview: true })).outputs;
  }

  async create(news: Props): Promise<Props> {
    this.inputs = await this.check(news);
    this.state = await this.provider.create({ ...this.context, inputs: this.inputs, preview: false });
    return this.state.outputs;
  }

  async diff(news: Props) {
    const newInputs = await this.check(news);
    const { id, outputs } = this.state!;
    return this.provider.diff({
      ...this.context,
      id,
      oldInputs: this.inputs,
      oldOutputs: outputs,
      newInputs,
    });
  }

  async update(news: Props, preview = false): Promise<Props> {
    const inputs = await this.check(news);
    const { id, outputs } = this.state!;
    const old = { id, oldInputs: this.inputs, oldOutputs: outputs };
    const state = await this.provider.update({ ...this.context, ...old, inputs, preview });
    if (preview) return state.outputs;
    this.inputs = inputs;
    this.state = state;
    return state.outputs;
  }

  /** Takes what it finds over, as a refresh does. */
  async read() {
    const { id, outputs } = this.state!;
    const found = await this.provider.read({ ...this.context, id, inputs: this.inputs, outputs });
    if (found !== undefined) {
      this.state = found;
      this.inputs = found.inputs;
    }
    return found;
  }

  async delete(): Promise<void> {
    if (this.state === undefined) return;
    const { id, outputs } = this.state;
    await this.provider.delete({ ...this.context, id, inputs: this.inputs, outputs });
  }
}
