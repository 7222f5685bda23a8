import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Secrets } from "../../../components/http/secrets";
import { isJsonObject } from "../../../components/values/json-object";
import { knownSecrets } from "../../terminal/known-secrets";
import { isSecret, type Properties } from "../model/shown";
import { type SecretLeaf, secretLeaves, textsIn } from "./secret-leaves";

/** Requests and answers of the engine's resource monitor, as far as they hold properties (pulumi/resource.proto). */
interface Message {
  getObject?(): Struct | undefined;
  getProperties?(): Struct | undefined;
  getReturn?(): Struct | undefined;
  getUrn?(): string;
  getProvider?(): string;
  getPropertydependenciesMap?(): Dependencies;
}
interface Struct {
  toJavaScript(): unknown;
}
/** Of each property: the resources that its value was made of. */
interface Dependencies {
  forEach(each: (dependencies: { getUrnsList(): string[] }, property: string) => void): void;
}
type Call = (request: Message, ...rest: unknown[]) => unknown;

/**
 * The secrets that pass between the program and the engine, in this process. The engine's events
 * have them blanked: so they can't be compared, and a copy of one that is not marked as a secret can't be told. What the events
 * don't tell either is what a resource's properties are made of.
 */
export class ProgramSecrets {
  private readonly inputs = new Map<string, Properties>();
  private readonly dependencies = new Map<string, ReadonlyMap<string, readonly string[]>>();
  /** What stands in the settings for everybody to read: names, paths, addresses. */
  private readonly open = new Set<string>();
  /** The names of what they describe: apps, servers, repositories. A secret's own value may be the same word. */
  private readonly names = new Set<string>();

  /** @param known where those are kept that are heard of; what is said goes through them before anything of it is cut */
  constructor(readonly known: Secrets = knownSecrets) {}

  /** The same program, watched. */
  watch(program: PulumiFn): PulumiFn {
    return async () => {
      const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
      const monitor = runtime.getMonitor() as unknown as Record<string, Call> | undefined;
      if (!monitor) throw new Error("@pulumi/pulumi has no resource monitor while the program runs");
      for (const method of ["registerResource", "readResource", "invoke"]) this.listen(monitor, method);
      return program();
    };
  }

  /** Remembers what is secret in settings: `shape` has a text `[secret]` where `settings` have a secret. */
  keepSettings(shape: unknown, settings: unknown): void {
    for (const text of openTexts(shape)) this.open.add(text);
    for (const name of namesIn(shape)) this.names.add(name);
    this.keepMarked(shape, settings);
  }

  /** Remembers every secret of a stack's state, exported with its secrets in plain text. */
  keepState(state: unknown): void {
    if (Array.isArray(state)) for (const inner of state) this.keepState(inner);
    if (!isJsonObject(state)) return;
    const { inputs, outputs, ...rest } = state;
    if (isJsonObject(inputs)) this.keepResource(plainSecrets(inputs), plainSecrets(outputs));
    else for (const inner of [inputs, outputs]) this.keepState(inner);
    if (isSecret(state)) this.keep(plainSecrets({ state }) as Properties);
    else for (const inner of Object.values(rest)) this.keepState(inner);
  }

  /** A resource's inputs as the program gave them, its secrets in plain text but marked. */
  inputsOf(urn: string): Properties {
    return this.inputs.get(urn) ?? {};
  }

  /** Of each property of a resource: the URNs of what its value was made of; `provider` of what manages it. */
  dependenciesOf(urn: string): ReadonlyMap<string, readonly string[]> {
    return this.dependencies.get(urn) ?? new Map();
  }

  leavesOf(urn: string): SecretLeaf[] {
    return secretLeaves(this.inputsOf(urn));
  }

  private listen(monitor: Record<string, Call>, method: string): void {
    const call = monitor[method]!.bind(monitor);
    monitor[method] = (request, ...rest) => {
      const inputs = propertiesOf(request);
      this.keep(inputs);
      const callback = rest.at(-1) as (error: unknown, response?: Message) => void;
      const heard = (error: unknown, response?: Message) => {
        if (response) this.hear(inputs, request, response);
        callback(error, response);
      };
      return call(request, ...rest.slice(0, -1), heard);
    };
  }

  private hear(inputs: Properties, request: Message, response: Message): void {
    this.keepAnswer(inputs, propertiesOf(response));
    const urn = response.getUrn?.();
    if (!urn) return;
    this.inputs.set(urn, inputs);
    this.dependencies.set(urn, dependenciesIn(request));
  }

  private keepMarked(shape: unknown, settings: unknown): void {
    if (shape === "[secret]") this.known.keep(...this.textsOf(settings));
    if (!isJsonObject(shape) && !Array.isArray(shape)) return;
    for (const [key, inner] of Object.entries(shape)) {
      this.keepMarked(inner, (settings as Properties | undefined)?.[key]);
    }
  }

  private keepResource(inputs: Properties, outputs: Properties): void {
    this.keep(inputs);
    this.keepAnswer(inputs, outputs);
  }

  /** Of what the program gave. */
  private keep(properties: Properties): void {
    for (const { value } of secretLeaves(properties)) this.known.keep(...this.textsOf(value));
  }

  /** Of what came back: a provider may mark all that it was given as a secret, for the sake of one part of it. */
  private keepAnswer(inputs: Properties, answer: Properties): void {
    const given = new Set(openTexts(inputs));
    for (const { value } of secretLeaves(answer))
      this.known.keep(...this.textsOf(value).filter((text) => !given.has(text)));
  }

  /** Where a whole list or object is marked, what it has of the settings' own words is none. */
  private textsOf(secret: unknown): string[] {
    const texts = textsIn(secret);
    const words = typeof secret === "string" && texts.length === 1 ? this.names : this.open;
    return texts.filter((text) => !words.has(text));
  }
}

/** Every text that isn't marked as a secret, and what it is called. */
function openTexts(value: unknown): string[] {
  if (value === "[secret]" || isSecret(value)) return [];
  if (Array.isArray(value)) return value.flatMap(openTexts);
  if (isJsonObject(value)) return Object.entries(value).flatMap(([key, inner]) => [key, ...openTexts(inner)]);
  return textsIn(value);
}

function namesIn(shape: unknown): string[] {
  if (Array.isArray(shape)) return shape.flatMap(namesIn);
  return isJsonObject(shape) ? Object.entries(shape).flatMap(([key, inner]) => [key, ...namesIn(inner)]) : [];
}

/** As a program sends them: with the value of each secret in the place of the JSON text that the state has. */
export function plainSecrets(value: unknown): Properties {
  const walk = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(walk);
    if (!isJsonObject(inner)) return inner;
    if (!isSecret(inner))
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, walk(one)]));
    const { plaintext } = inner;
    return { ...inner, value: typeof plaintext === "string" ? parsed(plaintext) : undefined };
  };
  return walk(value ?? {}) as Properties;
}

function propertiesOf(message: Message): Properties {
  const struct = message.getObject?.() ?? message.getProperties?.() ?? message.getReturn?.();
  const properties = struct?.toJavaScript();
  return isJsonObject(properties) ? properties : {};
}

/** The engine names a provider by its URN and its id. */
function dependenciesIn(request: Message): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  request.getPropertydependenciesMap?.().forEach((dependencies, property) => {
    found.set(property, dependencies.getUrnsList());
  });
  const provider = request.getProvider?.();
  if (provider) found.set("provider", [provider.replace(/::[^:]*$/, "")]);
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // every value is JSON; where it isn't, the text itself must not be shown
  }
}
