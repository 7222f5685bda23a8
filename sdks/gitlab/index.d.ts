import * as pulumi from "@pulumi/pulumi";

type In<T> = pulumi.Input<T>;
type Out<T> = pulumi.Output<T>;

declare class Resource<Args> extends pulumi.CustomResource {
  constructor(name: string, args: Args, opts?: pulumi.CustomResourceOptions);
}

export interface ProviderArgs {
  /** Secret. */
  token?: In<string>;
  /** Ends in `/api/v4/`. */
  baseUrl?: In<string>;
}
export declare class Provider extends pulumi.ProviderResource {
  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);
}

export interface ProjectVariableArgs {
  project: In<string>;
  key: In<string>;
  value: In<string>;
  protected?: In<boolean>;
  masked?: In<boolean>;
  hidden?: In<boolean>;
  raw?: In<boolean>;
  environmentScope?: In<string>;
  variableType?: In<"env_var" | "file">;
  description?: In<string>;
}
export declare class ProjectVariable extends Resource<ProjectVariableArgs> {}

export interface ProjectDeployTokenArgs {
  project: In<string>;
  scopes: In<In<string>[]>;
  name?: In<string>;
  username?: In<string>;
  expiresAt?: In<string>;
  validatePastExpirationDate?: In<boolean>;
}
export declare class ProjectDeployToken extends Resource<ProjectDeployTokenArgs> {
  readonly token: Out<string>;
  readonly username: Out<string>;
  readonly expired: Out<boolean>;
  readonly revoked: Out<boolean>;
}

export interface ProjectAccessTokenArgs {
  project: In<string>;
  scopes: In<In<string>[]>;
  name?: In<string>;
  accessLevel?: In<string>;
  description?: In<string>;
  expiresAt?: In<string>;
  rotationConfiguration?: In<{ expirationDays: In<number>; rotateBeforeDays: In<number> }>;
}
export declare class ProjectAccessToken extends Resource<ProjectAccessTokenArgs> {
  readonly token: Out<string>;
  readonly active: Out<boolean>;
  readonly revoked: Out<boolean>;
  readonly createdAt: Out<string>;
  readonly userId: Out<number>;
}

export interface PipelineScheduleArgs {
  project: In<string>;
  ref: In<string>;
  cron: In<string>;
  description: In<string>;
  cronTimezone?: In<string>;
  active?: In<boolean>;
  takeOwnership?: In<boolean>;
  inputs?: In<In<{ name: In<string>; value: In<string> }>[]>;
}
export declare class PipelineSchedule extends Resource<PipelineScheduleArgs> {
  readonly pipelineScheduleId: Out<number>;
}

export interface PipelineScheduleVariableArgs {
  project: In<string>;
  pipelineScheduleId: In<number>;
  key: In<string>;
  value: In<string>;
  variableType?: In<"env_var" | "file">;
}
export declare class PipelineScheduleVariable extends Resource<PipelineScheduleVariableArgs> {}

export interface RepositoryFileArgs {
  project: In<string>;
  branch: In<string>;
  filePath: In<string>;
  content: In<string>;
  encoding: In<"text" | "base64">;
  commitMessage?: In<string>;
  createCommitMessage?: In<string>;
  updateCommitMessage?: In<string>;
  deleteCommitMessage?: In<string>;
  authorName?: In<string>;
  authorEmail?: In<string>;
  startBranch?: In<string>;
  overwriteOnCreate?: In<boolean>;
  executeFilemode?: In<boolean>;
}
export declare class RepositoryFile extends Resource<RepositoryFileArgs> {
  readonly blobId: Out<string>;
  readonly commitId: Out<string>;
  readonly lastCommitId: Out<string>;
}

export interface BranchProtectionArgs {
  project: In<string>;
  branch: In<string>;
  pushAccessLevel?: In<string>;
  mergeAccessLevel?: In<string>;
  allowForcePush?: In<boolean>;
}
export declare class BranchProtection extends Resource<BranchProtectionArgs> {
  readonly branchProtectionId: Out<number>;
}

export interface TagProtectionArgs {
  project: In<string>;
  tag: In<string>;
  createAccessLevel?: In<string>;
}
export declare class TagProtection extends Resource<TagProtectionArgs> {}

export interface ProjectEnvironmentArgs {
  project: In<string>;
  name?: In<string>;
  externalUrl?: In<string>;
  tier?: In<string>;
  description?: In<string>;
  stopBeforeDestroy?: In<boolean>;
  autoStopSetting?: In<string>;
}
export declare class ProjectEnvironment extends Resource<ProjectEnvironmentArgs> {
  readonly slug: Out<string>;
  readonly state: Out<string>;
  readonly createdAt: Out<string>;
  readonly updatedAt: Out<string>;
}
