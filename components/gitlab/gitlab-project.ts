import * as pulumi from "@pulumi/pulumi";
import * as gitlab from "#pulumi-gitlab";
import type { ManageSettings } from "../settings/gitlab-settings";
import type { GitlabAccess } from "./gitlab-access";
import { jobImageVariable, loginVariables, type NexusLogins, type VariableArgs } from "./gitlab-variables";

type ProtectedEnvironment = NonNullable<NonNullable<ManageSettings["protect"]>["environment"]>;

export interface GitlabProjectArgs {
  readonly access: GitlabAccess;
  /** `group/name` */
  readonly project: string;
  readonly manage: ManageSettings;
  readonly nexus: NexusLogins;
  /** Where people reach what the stack runs. */
  readonly url?: pulumi.Input<string> | undefined;
}

/** What the pipeline's rules read (templates/berth.yml). */
const SCHEDULE_VARIABLE = "BERTH_SCHEDULE";

/** What a stack keeps in its GitLab project: variables with its logins, schedules, protections, its environment. */
export class GitlabProject extends pulumi.ComponentResource {
  constructor(
    private readonly name: string,
    private readonly args: GitlabProjectArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("berth:gitlab:GitlabProject", name, {}, opts);
    const { manage, nexus, url } = args;
    if (manage.variables) this.variables(loginVariables(pulumi.getStack(), nexus));
    if (manage.jobImages) this.variables(jobImageVariable(nexus));
    if (manage.schedules) this.schedules(manage.schedules);
    if (manage.protect) this.protect(manage.protect);
    if (manage.environment) this.environment(manage.environment, url);
    if (manage.protect?.environment) this.protectEnvironment(manage.protect.environment);
    this.registerOutputs({});
  }

  private variables(variables: Readonly<Record<string, VariableArgs>>): void {
    for (const [key, variable] of Object.entries(variables)) {
      // Raw: a dollar sign in a password is a dollar sign.
      const args = { ...this.project, key, raw: true, ...variable };
      const name = `${this.name}-${key.toLowerCase().replaceAll("_", "-")}`;
      new gitlab.ProjectVariable(name, args, this.oneOfAName);
    }
  }

  private schedules({ drift, cleanup, timezone, branch }: NonNullable<ManageSettings["schedules"]>): void {
    for (const [what, cron] of Object.entries({ drift, cleanup })) {
      const name = `${this.name}-${what}`;
      const when = { ref: `refs/heads/${branch}`, cron, cronTimezone: timezone };
      const { pipelineScheduleId } = new gitlab.PipelineSchedule(
        name,
        { ...this.project, description: `Berth: ${what}`, ...when },
        this.child,
      );
      const variable = { ...this.project, pipelineScheduleId, key: SCHEDULE_VARIABLE, value: what };
      new gitlab.PipelineScheduleVariable(`${name}-variable`, variable, this.child);
    }
  }

  /** Pushing, merging and tagging is for maintainers; jobs of such branches and tags see protected variables. */
  private protect({ branches, tags }: NonNullable<ManageSettings["protect"]>): void {
    const levels = branches.length > 0 ? this.maintainersAlone() : {};
    for (const branch of branches) {
      const args = { ...this.project, branch, ...levels };
      new gitlab.BranchProtection(`${this.name}-branch-${nameOf(branch)}`, args, this.oneOfAName);
    }
    for (const tag of tags) {
      const args = { ...this.project, tag, createAccessLevel: "maintainer" };
      new gitlab.TagProtection(`${this.name}-tag-${nameOf(tag)}`, args, this.oneOfAName);
    }
  }

  /** The plugin takes a level in GitLab's Community Edition alone, and a list in the Enterprise Edition alone. */
  private maintainersAlone() {
    const enterprise = gitlab.getMetadataOutput(this.child).enterprise;
    const accessLevel = "maintainer";
    const level = enterprise.apply((it) => (it ? undefined : accessLevel));
    const list = enterprise.apply((it) => (it ? [{ accessLevel }] : undefined));
    return { pushAccessLevel: level, mergeAccessLevel: level, allowedToPushes: list, allowedToMerges: list };
  }

  private environment(
    { tier }: NonNullable<ManageSettings["environment"]>,
    url: pulumi.Input<string> | undefined,
  ): void {
    const name = pulumi.getStack();
    const what = {
      name,
      tier,
      description: `Berth's stack ${name}`,
      ...(url !== undefined && { externalUrl: url }),
    };
    // GitLab deletes none that isn't stopped.
    const args = { ...this.project, ...what, stopBeforeDestroy: true };
    new gitlab.ProjectEnvironment(`${this.name}-environment`, args, this.child);
  }

  /** By its name: a job may make the environment later. Without approvals the list is empty, so that drift in it is found. */
  private protectEnvironment({ deploy, approvals }: ProtectedEnvironment): void {
    const rule = { accessLevel: "maintainer", requiredApprovals: approvals };
    const args = {
      ...this.project,
      environment: pulumi.getStack(),
      deployAccessLevelsAttributes: [{ accessLevel: deploy }],
      approvalRules: approvals > 0 ? [rule] : [],
    };
    const name = `${this.name}-protected-environment`;
    new gitlab.ProjectProtectedEnvironment(name, args, this.oneOfAName);
  }

  private get project() {
    return { project: this.args.project };
  }

  private get child() {
    return { parent: this, provider: this.args.access.provider };
  }

  /** For what there can't be two of: the plugin would make the new one first. */
  private get oneOfAName() {
    return { ...this.child, deleteBeforeReplace: true };
  }
}

/** A branch or tag, or a pattern, as a part of a resource's name: `release/*` is `release/any`. */
function nameOf(pattern: string): string {
  return pattern.replaceAll("*", "any");
}
