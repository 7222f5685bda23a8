import * as provider from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Deployment } from "../engine/deployment";
import { providerGoal } from "../engine/goal";
import { Stopped } from "../engine/step-executor";
import { isProviderType, packageOf } from "../engine/urn";
import { messageOf } from "../errors";
import { UNKNOWN_STRING } from "../values/signatures";
import { containsUnknown, type PropertyMap } from "../values/value";
import { type JsonObject, mapFromWire, mapToWire } from "../values/wire";
import { goalFromRequest, positions } from "./goal-from-request";
import { grpc } from "./grpc";
import { failure, refuse, unary } from "./unary";

/**
 * What the engine tells SDKs that it can do. Without `aliasSpecs`, they work aliases out themselves and send
 * full URNs; without `outputValues`, properties are plain values, secrets and unknowns.
 */
const FEATURES = new Set(["secrets", "resourceReferences", "deletedWith"]);

export interface MonitorOptions {
  readonly deployment: Deployment;
  /** The project's directory: source positions are relative to it. */
  readonly root: string;
  /** Called when the program says that it is done; resolves when the run is over. */
  programDone(): Promise<void>;
}

/** Pulumi's ResourceMonitor (proto/pulumi/resource.proto): what programs register resources with. */
export function monitorService(options: MonitorOptions) {
  const monitor = new Monitor(options);
  return {
    definition: ResourceMonitorService as unknown as grpc.ServiceDefinition,
    implementation: {
      supportsFeature: unary((request: resource.SupportsFeatureRequest) => {
        const response = new resource.SupportsFeatureResponse();
        response.setHassupport(FEATURES.has(request.getId()));
        return response;
      }),
      registerResource: unary((request: resource.RegisterResourceRequest) => monitor.register(request)),
      readResource: unary((request: resource.ReadResourceRequest) => monitor.read(request)),
      registerResourceOutputs: unary((request: resource.RegisterResourceOutputsRequest) =>
        monitor.outputs(request),
      ),
      invoke: unary((request: resource.ResourceInvokeRequest) => monitor.invoke(request)),
      signalAndWaitForShutdown: unary(async () => {
        await options.programDone();
        return new Empty();
      }),
      streamInvoke: refuse("StreamInvoke"),
      call: refuse("calling a method of a remote component"),
      registerStackTransform: refuse("a stack transform"),
      registerStackInvokeTransform: refuse("a stack invoke transform"),
      registerResourceHook: refuse("a resource hook"),
      registerErrorHook: refuse("an error hook"),
      registerPackage: refuse("a parameterized package"),
      getDeploymentInfo: refuse("GetDeploymentInfo"),
    },
  };
}

class Monitor {
  constructor(private readonly options: MonitorOptions) {}

  async register(request: resource.RegisterResourceRequest): Promise<resource.RegisterResourceResponse> {
    const { deployment, root } = this.options;
    const state = await this.guard(async () => {
      const type = request.getType();
      const served = request.getCustom() && !isProviderType(type);
      const provider = served ? await this.providerFor(request, packageOf(type)) : "";
      const goal = goalFromRequest(request, provider, root);
      const version = request.getVersion();
      if (isProviderType(type) && version !== "") {
        Object.assign(goal.properties, { version, __internal: {} });
      }
      return deployment.register(goal);
    });
    const response = new resource.RegisterResourceResponse();
    response.setUrn(state.urn);
    response.setId(state.id);
    const outputs = request.getCustom() ? state.outputs : {};
    const partial = request.getSupportspartialvalues() ? outputs : withoutUnknowns(outputs);
    response.setObject(toStruct(partial, request));
    return response;
  }

  async read(request: resource.ReadResourceRequest): Promise<resource.ReadResourceResponse> {
    const { deployment, root } = this.options;
    const state = await this.guard(async () => {
      const provider = await this.providerFor(request, packageOf(request.getType()));
      const goal = {
        ...providerGoal(
          request.getType(),
          request.getName(),
          mapFromWire(javaScript(request.getProperties())),
        ),
        parent: request.getParent(),
        provider,
        dependencies: request.getDependenciesList(),
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        ...positions(request, root),
      };
      return deployment.read(goal, request.getId() || UNKNOWN_STRING);
    });
    const response = new resource.ReadResourceResponse();
    response.setUrn(state.urn);
    response.setProperties(toStruct(state.outputs, request));
    return response;
  }

  outputs(request: resource.RegisterResourceOutputsRequest): Empty {
    this.options.deployment.registerOutputs(request.getUrn(), mapFromWire(javaScript(request.getOutputs())));
    return new Empty();
  }

  async invoke(request: resource.ResourceInvokeRequest): Promise<provider.InvokeResponse> {
    const { deployment } = this.options;
    const reference = await this.guard(() => this.providerFor(request, packageOf(request.getTok())));
    const args = mapFromWire(javaScript(request.getArgs()));
    const result = await deployment.provider(reference).invoke(request.getTok(), args);
    const response = new provider.InvokeResponse();
    response.setReturn(
      Struct.fromJavaScript(mapToWire(result, { secrets: true, references: request.getAcceptresources() })),
    );
    return response;
  }

  private async providerFor(request: { getProvider(): string; getVersion(): string }, packageName: string) {
    if (request.getProvider() !== "") return request.getProvider();
    return this.options.deployment.defaultProvider(packageName, request.getVersion());
  }

  /** A run that ends is UNAVAILABLE: SDKs then stop without a word. Other failures are told by the engine itself. */
  private async guard<T>(task: () => Promise<T>): Promise<T> {
    const { executor, rootUrn } = this.options.deployment;
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof Stopped)) executor.fail(rootUrn, messageOf(error));
      throw failure(grpc.status.UNAVAILABLE, "resource monitor shut down");
    }
  }
}

function withoutUnknowns(map: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => !containsUnknown(value)));
}

function toStruct(
  map: PropertyMap,
  request: { getAcceptsecrets(): boolean; getAcceptresources(): boolean },
): Struct {
  const options = { secrets: request.getAcceptsecrets(), references: request.getAcceptresources() };
  return Struct.fromJavaScript(mapToWire(map, options));
}

function javaScript(struct: Struct | undefined): JsonObject {
  return (struct?.toJavaScript() ?? {}) as JsonObject;
}
