import type * as pulumi from "@pulumi/pulumi";

type In<T> = pulumi.Input<T>;
type Outputs<T> = { readonly [K in keyof T]-?: pulumi.Output<pulumi.Unwrap<T[K]>> };

/** A resource's class: made from its arguments, or looked up by its id. */
interface ResourceClass<Args, Made> {
  new (
    name: string,
    args: Args,
    opts?: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource & Outputs<Args> & Outputs<Made>;
  get(
    name: string,
    id: In<pulumi.ID>,
    state?: Partial<Args & Made>,
    opts?: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource & Outputs<Args> & Outputs<Made>;
  isInstance(object: unknown): boolean;
}

export interface ProviderArgs {
  /** Secret. @default $GITLAB_TOKEN */
  token?: In<string>;
  /** Ends in `/api/v4/`. @default $GITLAB_BASE_URL */
  baseUrl?: In<string>;
  /** File with the authority of GitLab's certificate. */
  cacertFile?: In<string>;
  insecure?: In<boolean>;
  /** Whether it asks first whose token it is. */
  earlyAuthCheck?: In<boolean>;
  /** Of requests that were answered with 429. */
  retries?: In<number>;
}

export declare class Provider extends pulumi.ProviderResource {
  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);
  static isInstance(object: unknown): object is Provider;
}

export interface GetMetadataResult {
  /** Whether it is the Enterprise Edition, licensed or not. */
  readonly enterprise: boolean;
  readonly revision: string;
  readonly version: string;
}
export declare function getMetadataOutput(
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetMetadataResult>;

export interface ProjectVariableArgs {
  project: In<string>;
  key: In<string>;
  /** Not made secret by itself: give a secret. */
  value: In<string>;
  protected?: In<boolean>;
  masked?: In<boolean>;
  hidden?: In<boolean>;
  raw?: In<boolean>;
  environmentScope?: In<string>;
  /** `env_var` or `file`. */
  variableType?: In<string>;
  description?: In<string>;
}
export declare const ProjectVariable: ResourceClass<ProjectVariableArgs, object>;
export type ProjectVariable = InstanceType<typeof ProjectVariable>;

export interface ProjectDeployTokenArgs {
  project: In<string>;
  scopes: In<In<string>[]>;
  name?: In<string>;
  username?: In<string>;
  expiresAt?: In<string>;
  validatePastExpirationDate?: In<boolean>;
}
export declare const ProjectDeployToken: ResourceClass<
  ProjectDeployTokenArgs,
  { token: string; expired: boolean; revoked: boolean }
>;
export type ProjectDeployToken = InstanceType<typeof ProjectDeployToken>;

export interface ProjectAccessTokenArgs {
  project: In<string>;
  scopes: In<In<string>[]>;
  name?: In<string>;
  accessLevel?: In<string>;
  description?: In<string>;
  expiresAt?: In<string>;
  rotationConfiguration?: In<{ expirationDays: In<number>; rotateBeforeDays: In<number> }>;
  validatePastExpirationDate?: In<boolean>;
}
export declare const ProjectAccessToken: ResourceClass<
  ProjectAccessTokenArgs,
  { token: string; active: boolean; revoked: boolean; createdAt: string; userId: number }
>;
export type ProjectAccessToken = InstanceType<typeof ProjectAccessToken>;

export interface PipelineScheduleArgs {
  project: In<string>;
  /** In full: `refs/heads/main`. */
  ref: In<string>;
  cron: In<string>;
  description: In<string>;
  cronTimezone?: In<string>;
  active?: In<boolean>;
  takeOwnership?: In<boolean>;
  inputs?: In<In<{ name: In<string>; value: In<string> }>[]>;
}
export declare const PipelineSchedule: ResourceClass<
  PipelineScheduleArgs,
  { pipelineScheduleId: number; owner: number }
>;
export type PipelineSchedule = InstanceType<typeof PipelineSchedule>;

export interface PipelineScheduleVariableArgs {
  project: In<string>;
  pipelineScheduleId: In<number>;
  key: In<string>;
  value: In<string>;
  variableType?: In<string>;
}
export declare const PipelineScheduleVariable: ResourceClass<PipelineScheduleVariableArgs, object>;
export type PipelineScheduleVariable = InstanceType<typeof PipelineScheduleVariable>;

export interface BranchProtectionArgs {
  project: In<string>;
  branch: In<string>;
  /** In the Community Edition alone: `no one`, `developer`, `maintainer` or `admin`, as the other levels. */
  pushAccessLevel?: In<string>;
  mergeAccessLevel?: In<string>;
  /** In the Enterprise Edition alone. */
  allowedToPushes?: In<In<{ accessLevel?: In<string> }>[]>;
  allowedToMerges?: In<In<{ accessLevel?: In<string> }>[]>;
  allowForcePush?: In<boolean>;
  codeOwnerApprovalRequired?: In<boolean>;
}
export declare const BranchProtection: ResourceClass<BranchProtectionArgs, { branchProtectionId: number }>;
export type BranchProtection = InstanceType<typeof BranchProtection>;

export interface TagProtectionArgs {
  project: In<string>;
  /** May hold wildcards: `v*`. */
  tag: In<string>;
  createAccessLevel?: In<string>;
}
export declare const TagProtection: ResourceClass<TagProtectionArgs, object>;
export type TagProtection = InstanceType<typeof TagProtection>;

export interface ProjectEnvironmentArgs {
  project: In<string>;
  name?: In<string>;
  externalUrl?: In<string>;
  /** `production`, `staging`, `testing`, `development` or `other`. */
  tier?: In<string>;
  description?: In<string>;
  stopBeforeDestroy?: In<boolean>;
  /** `always` or `with_action`. */
  autoStopSetting?: In<string>;
}
export declare const ProjectEnvironment: ResourceClass<
  ProjectEnvironmentArgs,
  { slug: string; state: string; createdAt: string; updatedAt: string; autoStopAt: string }
>;
export type ProjectEnvironment = InstanceType<typeof ProjectEnvironment>;

/** Which role may deploy; the published package takes a person or a group, too. */
export interface ProjectProtectedEnvironmentDeployAccessLevelsAttribute {
  /** `developer` or `maintainer`: that role and every higher one. */
  accessLevel?: In<string>;
}
export interface ProjectProtectedEnvironmentApprovalRule {
  /** As above. */
  accessLevel?: In<string>;
  /** 1 or more. */
  requiredApprovals?: In<number>;
}
/** It takes GitLab Premium. */
export interface ProjectProtectedEnvironmentArgs {
  project: In<string>;
  /** By name, whether there is an environment of that name or not. */
  environment: In<string>;
  deployAccessLevelsAttributes?: In<In<ProjectProtectedEnvironmentDeployAccessLevelsAttribute>[]>;
  /** What somebody set in GitLab stays where this is left out. */
  approvalRules?: In<In<ProjectProtectedEnvironmentApprovalRule>[]>;
}
export declare const ProjectProtectedEnvironment: ResourceClass<ProjectProtectedEnvironmentArgs, object>;
export type ProjectProtectedEnvironment = InstanceType<typeof ProjectProtectedEnvironment>;
