import type { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as contract from "../providers/provider";
import { isServiceError, rpcMessage } from "../rpc/grpc";
import { call } from "../rpc/unary";
import { type PropertyMap, plainMap, sameMap } from "../values/value";
import { type JsonObject, mapFromWire, mapToWire } from "../values/wire";
import type { DynamicHost } from "./dynamic-host";

/** The package `pulumi-nodejs`: providers written in the program, run by Pulumi's own process for them. */
export class DynamicProvider implements contract.Provider {
  private config: contract.Props = {};
  private configured: Promise<ResourceProviderClient> | undefined;

  constructor(private readonly host: DynamicHost) {}

  checkConfig(config: contract.Props): contract.CheckResult {
    return { inputs: config, failures: [] };
  }

  async configure(config: contract.Props): Promise<void> {
    this.config = config;
  }

  async check(request: contract.CheckRequest): Promise<contract.CheckResult> {
    const message = new messages.CheckRequest();
    message.setUrn(request.urn);
    message.setOlds(toStruct(request.olds ?? {}));
    message.setNews(toStruct(request.news));
    message.setRandomseed(new Uint8Array(request.randomSeed));
    const response = await this.ask((client) =>
      call<messages.CheckResponse>((done) => client.check(message, done)),
    );
    const failures = response.getFailuresList().map((failure) => ({
      property: failure.getProperty(),
      reason: failure.getReason(),
    }));
    return { inputs: fromStruct(response.getInputs()), failures };
  }

  async diff(request: contract.DiffRequest): Promise<contract.DiffResult> {
    const message = new messages.DiffRequest();
    message.setUrn(request.urn);
    message.setId(request.id);
    message.setOldInputs(toStruct(request.oldInputs));
    message.setOlds(toStruct(request.oldOutputs));
    message.setNews(toStruct(request.newInputs));
    const response = await this.ask((client) =>
      call<messages.DiffResponse>((done) => client.diff(message, done)),
    );
    const answer = response.getChanges();
    const unknown = answer === messages.DiffResponse.DiffChanges.DIFF_UNKNOWN;
    return {
      changes: unknown
        ? !sameMap(request.oldInputs as PropertyMap, request.newInputs as PropertyMap)
        : answer === messages.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      detailed: {},
    };
  }

  /** The process knows no previews: what goes in is all that is known of what comes out. */
  async create(request: contract.CreateRequest): Promise<contract.ResourceState> {
    if (request.preview) return { id: "", outputs: request.inputs };
    const message = new messages.CreateRequest();
    message.setUrn(request.urn);
    message.setProperties(toStruct(request.inputs));
    const response = await this.ask((client) =>
      call<messages.CreateResponse>((done) => client.create(message, done)),
    );
    return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
  }

  async read(request: contract.ReadRequest) {
    const message = new messages.ReadRequest();
    message.setUrn(request.urn);
    message.setId(request.id);
    message.setInputs(toStruct(request.inputs));
    message.setProperties(toStruct(request.outputs));
    const response = await this.ask((client) =>
      call<messages.ReadResponse>((done) => client.read(message, done)),
    );
    if (response.getId() === "") return undefined;
    const inputs = response.hasInputs() ? fromStruct(response.getInputs()) : request.inputs;
    return { id: response.getId(), outputs: fromStruct(response.getProperties()), inputs };
  }

  async update(request: contract.UpdateRequest): Promise<contract.ResourceState> {
    if (request.preview) return { id: request.id, outputs: request.inputs };
    const message = new messages.UpdateRequest();
    message.setUrn(request.urn);
    message.setId(request.id);
    message.setOldInputs(toStruct(request.oldInputs));
    message.setOlds(toStruct(request.oldOutputs));
    message.setNews(toStruct(request.inputs));
    const response = await this.ask(
      (client) => call<messages.UpdateResponse>((done) => client.update(message, done)),
      request.id,
    );
    return { id: request.id, outputs: fromStruct(response.getProperties()) };
  }

  async delete(request: contract.DeleteRequest): Promise<void> {
    const message = new messages.DeleteRequest();
    message.setUrn(request.urn);
    message.setId(request.id);
    message.setOldInputs(toStruct(request.inputs));
    message.setProperties(toStruct(request.outputs));
    await this.ask((client) => call<Empty>((done) => client.delete(message, done)));
  }

  async invoke(token: string): Promise<contract.Props> {
    throw new Error(`unknown function ${token}`);
  }

  async close(): Promise<void> {
    // The process belongs to the run, not to this provider.
  }

  /** `partialId` is the id of a resource that exists already, should the answer be a partial failure without one. */
  private async ask<T>(request: (client: ResourceProviderClient) => Promise<T>, partialId = ""): Promise<T> {
    this.configured ??= this.connect();
    try {
      return await request(await this.configured);
    } catch (error) {
      throw partialFailure(error, partialId) ?? new Error(rpcMessage(error));
    }
  }

  private async connect(): Promise<ResourceProviderClient> {
    const client = await this.host.client();
    const message = new messages.ConfigureRequest();
    message.setAcceptsecrets(true);
    message.setAcceptresources(true);
    message.setArgs(toStruct(this.config));
    for (const [key, value] of Object.entries(this.config)) message.getVariablesMap().set(key, String(value));
    await call<messages.ConfigureResponse>((done) => client.configure(message, done));
    return client;
  }
}

/** A resource that came to be but failed to initialise travels in the error's details. */
function partialFailure(error: unknown, knownId: string): contract.PartialFailure | undefined {
  if (!isServiceError(error)) return undefined;
  const bytes = error.metadata?.get("grpc-status-details-bin")[0];
  if (!(bytes instanceof Buffer)) return undefined;
  const detail = Status.deserializeBinary(new Uint8Array(bytes)).getDetailsList()[0];
  const packed = detail?.unpack(
    messages.ErrorResourceInitFailed.deserializeBinary,
    "pulumirpc.ErrorResourceInitFailed",
  );
  if (!packed) return undefined;
  const reasons = packed.getReasonsList();
  return new contract.PartialFailure(
    { id: packed.getId() || knownId, outputs: fromStruct(packed.getProperties()) },
    reasons.length > 0 ? reasons : [rpcMessage(error)],
  );
}

function toStruct(props: contract.Props): Struct {
  const wire = mapToWire(props as PropertyMap, { secrets: false, references: false });
  return Struct.fromJavaScript(wire);
}

function fromStruct(struct: Struct | undefined): contract.Props {
  return struct ? plainMap(mapFromWire(struct.toJavaScript() as JsonObject)) : {};
}
