import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffPart,
  DiffRequest,
  DiffResult,
  Props,
  Provider,
  ProviderFactory,
  ReadRequest,
  ResourceState,
  UpdateRequest,
} from "../provider";
import { resourceOf, unsupported } from "../schema/unsupported";
import { Connection } from "./connection";
import { container } from "./container";
import { image } from "./image";
import { network } from "./network";
import { checkDockerConfig } from "./provider-config";
import { remoteImage } from "./remote-image";
import type { DockerResource, Found } from "./resource";
import { volume } from "./volume";

const IMAGE = "docker:index/image:Image";

const RESOURCES: { readonly [type: string]: DockerResource } = {
  "docker:index/container:Container": container,
  [IMAGE]: image,
  "docker:index/network:Network": network,
  "docker:index/remoteImage:RemoteImage": remoteImage,
  "docker:index/volume:Volume": volume,
};

/** Stands in for Pulumi's plugin `docker` over the Docker API. Docker is first called when a resource needs it. */
class DockerProvider implements Provider {
  private connection: Connection | undefined;

  checkConfig(config: Props): CheckResult {
    return checkDockerConfig(config);
  }

  async configure(config: Props): Promise<void> {
    this.connection = new Connection(config);
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    return RESOURCES[request.type]?.check(request) ?? unsupported(request.type);
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    return resourceOf(RESOURCES, request.type).diff(request);
  }

  unsaid(type: string): readonly DiffPart[] {
    return type === IMAGE ? ["diffs"] : [];
  }

  async create(request: CreateRequest): Promise<ResourceState> {
    const resource = resourceOf(RESOURCES, request.type);
    const planned = request.preview ? resource.preview(request.inputs, undefined) : undefined;
    return planned === undefined ? resource.create(request, this.connected()) : { id: "", outputs: planned };
  }

  async read(request: ReadRequest): Promise<Found | undefined> {
    return resourceOf(RESOURCES, request.type).read(request, this.connected());
  }

  async update(request: UpdateRequest): Promise<ResourceState> {
    const resource = resourceOf(RESOURCES, request.type);
    const planned = request.preview ? resource.preview(request.inputs, request.oldOutputs) : undefined;
    return planned === undefined
      ? resource.update(request, this.connected())
      : { id: request.id, outputs: planned };
  }

  async delete(request: DeleteRequest): Promise<void> {
    await resourceOf(RESOURCES, request.type).delete(request, this.connected());
  }

  async invoke(token: string): Promise<Props> {
    throw new Error(`${token}: the sandbox does not support functions of the plugin "docker"`);
  }

  async close(): Promise<void> {}

  private connected(): Connection {
    if (this.connection === undefined) throw new Error("The docker provider is used before it is configured");
    return this.connection;
  }
}

export const dockerProvider: ProviderFactory = {
  name: "docker",
  version: "5.2.0",
  create: () => new DockerProvider(),
};
