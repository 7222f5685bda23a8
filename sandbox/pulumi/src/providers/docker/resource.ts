import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  Props,
  ReadRequest,
  ResourceState,
  UpdateRequest,
} from "../provider";
import type { Connection } from "./connection";

export type Found = ResourceState & { readonly inputs: Props };

/** One resource type of the docker plugin. A preview never reaches create and update: see `preview`. */
export interface DockerResource {
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): DiffResult;
  /** What a preview can tell of the outputs, or undefined where it must create or update after all. */
  preview(inputs: Props, oldOutputs: Props | undefined): Props | undefined;
  create(request: CreateRequest, connection: Connection): Promise<ResourceState>;
  read(request: ReadRequest, connection: Connection): Promise<Found | undefined>;
  update(request: UpdateRequest, connection: Connection): Promise<ResourceState>;
  delete(request: DeleteRequest, connection: Connection): Promise<void>;
}
