import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
  type CheckResult,
  type OperationContext,
  PartialFailure,
  type Provider,
  type ProviderFactory,
  type ResourceState,
} from "../providers/provider";
import { unary } from "../rpc/unary";
import { diffResponse } from "./diff-response";
import type { EngineLog } from "./engine-log";
import { partialFailureStatus } from "./partial-failure-status";
import { propsOf, structOf } from "./property-struct";

/** What every request about one resource has. */
interface AboutResource {
  getUrn(): string;
  getType(): string;
}

/**
 * Pulumi's ResourceProvider (proto/pulumi/provider.proto) over one of our providers. It asks for no secrets, and so the
 * engine opens what goes in and marks what comes out under the same names; what is missing here gRPC refuses by name
 * (`handshake` is one of them: the answer to `configure` says the same).
 */
export class ResourceProvider {
  private readonly provider: Provider;
  private readonly interrupted = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly factory: ProviderFactory,
    private readonly log: EngineLog,
  ) {
    this.provider = factory.create();
  }

  readonly methods = {
    getPluginInfo: this.method(() => this.pluginInfo()),
    checkConfig: this.method(async (request: messages.CheckRequest) =>
      checkResponse(this.provider.checkConfig(propsOf(request.getNews()))),
    ),
    configure: this.method((request: messages.ConfigureRequest) => this.configure(request)),
    check: this.method((request: messages.CheckRequest) => this.check(request)),
    diff: this.method((request: messages.DiffRequest) => this.diff(request)),
    create: this.method((request: messages.CreateRequest) => this.create(request)),
    read: this.method((request: messages.ReadRequest) => this.read(request)),
    update: this.method((request: messages.UpdateRequest) => this.update(request)),
    delete: this.method((request: messages.DeleteRequest) => this.delete(request)),
    invoke: this.method((request: messages.InvokeRequest) => this.invoke(request)),
    cancel: this.method(() => {
      this.interrupted.abort();
      return new Empty();
    }),
  };

  /** Interrupts what runs, and waits for its end. */
  async interrupt(): Promise<void> {
    this.interrupted.abort();
    await Promise.allSettled(this.running);
  }

  /** Everything that was said about a resource arrives before the call's answer, also before its error. */
  private method<Request, Response>(handle: (request: Request) => Promise<Response> | Response) {
    return unary((request: Request) => {
      const call = this.answer(request, handle);
      this.running.add(call);
      return call.finally(() => this.running.delete(call));
    });
  }

  private async answer<Request, Response>(
    request: Request,
    handle: (request: Request) => Promise<Response> | Response,
  ): Promise<Response> {
    try {
      return await handle(request);
    } catch (error) {
      throw error instanceof PartialFailure ? partialFailureStatus(error) : error;
    } finally {
      await this.log.told();
    }
  }

  private context(request: AboutResource): OperationContext {
    const urn = request.getUrn();
    return {
      urn,
      type: request.getType() || typeOf(urn),
      signal: this.interrupted.signal,
      log: (severity, message) => this.log.say(urn, severity, message),
    };
  }

  private pluginInfo(): PluginInfo {
    const info = new PluginInfo();
    info.setVersion(this.factory.version);
    return info;
  }

  private async configure(request: messages.ConfigureRequest): Promise<messages.ConfigureResponse> {
    await this.provider.configure(propsOf(request.getArgs()));
    const response = new messages.ConfigureResponse();
    response.setSupportspreview(true);
    return response;
  }

  private async check(request: messages.CheckRequest): Promise<messages.CheckResponse> {
    const { urn, type } = this.context(request);
    const olds = propsOf(request.getOlds());
    return checkResponse(
      await this.provider.check({
        urn,
        type,
        olds: Object.keys(olds).length === 0 ? undefined : olds,
        news: propsOf(request.getNews()),
        randomSeed: Buffer.from(request.getRandomseed_asU8()),
      }),
    );
  }

  private async diff(request: messages.DiffRequest): Promise<messages.DiffResponse> {
    const { urn, type } = this.context(request);
    const result = await this.provider.diff({
      urn,
      type,
      id: request.getId(),
      oldInputs: propsOf(request.getOldInputs()),
      oldOutputs: propsOf(request.getOlds()),
      newInputs: propsOf(request.getNews()),
    });
    return diffResponse(result, request.getIgnorechangesList(), this.provider.unsaid?.(type) ?? []);
  }

  private async create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
    const inputs = propsOf(request.getProperties());
    const made = await this.provider.create({
      ...this.context(request),
      inputs,
      preview: request.getPreview(),
    });
    const response = new messages.CreateResponse();
    response.setId(made.id);
    response.setProperties(outputsOf(made));
    return response;
  }

  /** An answer without an id says that the resource is gone. */
  private async read(request: messages.ReadRequest): Promise<messages.ReadResponse> {
    const known = { inputs: propsOf(request.getInputs()), outputs: propsOf(request.getProperties()) };
    if (Object.keys(known.outputs).length === 0) {
      throw new Error(
        `${typeOf(request.getUrn())}: the sandbox's plugin "${this.factory.name}" can't import what it didn't make`,
      );
    }
    const found = await this.provider.read({ ...this.context(request), id: request.getId(), ...known });
    const response = new messages.ReadResponse();
    if (found === undefined) return response;
    response.setId(found.id);
    response.setProperties(outputsOf(found));
    response.setInputs(structOf(found.inputs));
    return response;
  }

  private async update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
    const updated = await this.provider.update({
      ...this.context(request),
      id: request.getId(),
      inputs: propsOf(request.getNews()),
      oldInputs: propsOf(request.getOldInputs()),
      oldOutputs: propsOf(request.getOlds()),
      preview: request.getPreview(),
    });
    const response = new messages.UpdateResponse();
    response.setProperties(outputsOf(updated));
    return response;
  }

  private async delete(request: messages.DeleteRequest): Promise<Empty> {
    await this.provider.delete({
      ...this.context(request),
      id: request.getId(),
      inputs: propsOf(request.getOldInputs()),
      outputs: propsOf(request.getProperties()),
    });
    return new Empty();
  }

  private async invoke(request: messages.InvokeRequest): Promise<messages.InvokeResponse> {
    const response = new messages.InvokeResponse();
    response.setReturn(structOf(await this.provider.invoke(request.getTok(), propsOf(request.getArgs()))));
    return response;
  }
}

function outputsOf(state: ResourceState) {
  return structOf(state.outputs, state.secretOutputs);
}

function checkResponse({ inputs, failures }: CheckResult): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(structOf(inputs));
  const list = failures.map(({ property, reason }) => {
    const failure = new messages.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
  });
  response.setFailuresList(list);
  return response;
}

/** `docker:index/image:Image`, the last of the types that a URN names (`parent$type`). */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
