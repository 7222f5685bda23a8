import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { AppSettings } from "../../components/settings/settings";
import { errorOf } from "../../components/values/error-facts";
import { isJsonObject } from "../../components/values/json-object";
import type { ToldRelease } from "../change/model/change";
import { releasesIn } from "../change/model/planned-changes";
import { type Shown, shown } from "../change/model/shown";
import type { ProgramSecrets } from "../change/secrets/program-secrets";
import type { Replaced } from "../change/told-replacements";
import { projectName, shortName } from "../engine/project";
import { STACK_TYPE } from "../engine/stack-state";
import { gitlabRun, type UpdateJob } from "../gitlab/gitlab";
import { GitlabDeployment } from "../gitlab/gitlab-deployments";
import { MergeRequestNotes } from "../gitlab/merge-request-notes";
import { mergeRequestOf } from "../gitlab/merge-request-of";
import { readMessage, type UpdateMessage } from "../stack/history";
import type { OpenStack } from "../stack/open-stack";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { imageLinesIn } from "./told-images";
import type { ToldUpdate, UpdatedApp } from "./told-update";
import { renderUpdate, updateMarker } from "./update-note";

export interface BegunUpdate {
  readonly open: OpenStack;
  /** As settings have them. */
  readonly apps: readonly Pick<AppSettings, "name" | "was">[];
  /** As the stack's history keeps it. */
  readonly message: string;
  /** What must not be told. */
  readonly secrets: ProgramSecrets;
}

/**
 * Tells GitLab of an update: a deployment while it runs, a note in the merge request that its commit came from when it has
 * ended. Never fails: what GitLab has against it is said, and the update is what counts.
 */
export class UpdateTeller {
  private readonly open: OpenStack;
  private readonly apps: BegunUpdate["apps"];
  private readonly secrets: ProgramSecrets;
  private readonly deployment: GitlabDeployment;
  private readonly message: UpdateMessage | undefined;
  private readonly start = Date.now();
  private begun: Promise<void> | undefined;
  private before: Record<string, ToldRelease> = {};
  private readonly images: string[] = [];

  constructor(
    private readonly job: UpdateJob,
    { open, apps, message, secrets }: BegunUpdate,
    private readonly report: Report,
  ) {
    this.open = open;
    this.apps = apps;
    this.secrets = secrets;
    this.deployment = new GitlabDeployment(job, shortName(open.name));
    this.message = readMessage(message);
    // An update may fail before the engine says anything.
    this.before = releasesIn(shown(open.before.outputs));
  }

  /** Nobody waits for it: GitLab hears of the deployment while it begins. */
  begin(): void {
    this.begun = this.attempt(() => this.deployment.begin());
  }

  /** Hears from the engine what ran before, and what became of old images. */
  readonly onEvent = (event: EngineEvent): void => {
    this.images.push(...imageLinesIn(event));
    const { type, old } = event.resourcePreEvent?.metadata ?? {};
    if (type === STACK_TYPE) this.before = releasesIn(shown(old?.outputs ?? {}));
  };

  /** @param outputs of the stack, without its secrets */
  async succeeded(
    changes: Record<string, number>,
    outputs: unknown,
    replaced: readonly Replaced[] = [],
  ): Promise<void> {
    const told = shown(outputs);
    const after = releasesIn(told);
    const all = [...new Set([...Object.keys(this.before), ...Object.keys(after)])].sort();
    const renamed = all.map((app) => this.nameBefore(app));
    const names = all.filter((app) => !renamed.includes(app) || app in after);
    const apps = names.map((app) => ({
      ...this.app(app),
      after: after[app],
      url: urlOf(told, app),
      ...filesOf(told, app),
    }));
    await this.end({ ...this.told(apps), changes, replaced }, "success");
  }

  async failed(error: unknown): Promise<void> {
    const { apps: wanted = {}, digests = {} } = this.message ?? {};
    const apps = Object.entries(wanted).map(([app, tag]) => {
      const known = digests[app];
      return { ...this.app(app), after: { tag, ...(known !== undefined && { digest: known }) } };
    });
    const locked = error instanceof CommandError && error.exit === Exit.locked;
    const failure = { text: await this.errorText(errorOf(error)), locked };
    await this.end({ ...this.told(apps), failure }, "failed");
  }

  private app(app: string): UpdatedApp {
    const was = this.nameBefore(app);
    return { app, ...(was !== undefined && { was }), before: this.before[was ?? app] };
  }

  /** Of an app that ran under another name until this update. */
  private nameBefore(app: string): string | undefined {
    const was = this.apps.find(({ name }) => name === app)?.was;
    return was !== undefined && !(app in this.before) && was in this.before ? was : undefined;
  }

  private told(apps: readonly UpdatedApp[]): ToldUpdate {
    const seconds = (Date.now() - this.start) / 1000;
    return {
      project: projectName(),
      stack: shortName(this.open.name),
      apps,
      ...(this.images.length > 0 && { images: this.images }),
      seconds,
      who: this.message?.who ?? "unknown",
    };
  }

  /** An error may repeat what a provider or a command was given: the state knows more secrets than this run has seen. */
  private async errorText({ message }: Error): Promise<string> {
    try {
      this.secrets.keepState(await this.open.stack.exportStack());
      return message;
    } catch {
      return "What went wrong is in the job's log.";
    }
  }

  private async end(told: ToldUpdate, status: "success" | "failed"): Promise<void> {
    const clean = this.secrets.known.scrubbed(told);
    const url = status === "success" ? clean.apps.find((app) => app.url)?.url : undefined;
    await this.begun;
    await Promise.all([
      this.attempt(() => this.deployment.end(status, url)),
      this.attempt(() => this.note(clean)),
    ]);
  }

  private async note(told: ToldUpdate): Promise<void> {
    const { client, commit } = this.job;
    const place = await mergeRequestOf(this.job);
    if (place === undefined)
      return this.report.say(`No note was written: no merge request has commit ${commit.slice(0, 12)}.`);
    const { identity } = this.open.before.identity ?? {};
    const context = { ...gitlabRun(), identity, commit };
    const notes = new MergeRequestNotes(client, place);
    const put = await notes.put(updateMarker(told, context), renderUpdate(told, context));
    const said =
      put.result === "left" ? `No note was written: ${put.why}.` : `The note was ${put.result}: ${put.url}`;
    this.report.say(said);
  }

  private async attempt(tell: () => Promise<void>): Promise<void> {
    await tell().catch((error: Error) => this.report.say(`GitLab wasn't told. ${error.message}`));
  }
}

/** What came of the app's files, as the outputs tell it. */
function filesOf(outputs: Shown, app: string): Pick<UpdatedApp, "files"> {
  const files = outputOf(outputs, app, "gitops");
  if (!isJsonObject(files)) return {};
  return { files: Object.entries(files).map(([file, outcome]) => `${file}: ${String(outcome)}`) };
}

function outputOf(outputs: Shown, app: string, name: string): unknown {
  const apps = isJsonObject(outputs) ? outputs["apps"] : undefined;
  const told = isJsonObject(apps) ? apps[app] : undefined;
  return isJsonObject(told) ? told[name] : undefined;
}

function urlOf(outputs: Shown, app: string): string | undefined {
  const url = outputOf(outputs, app, "url");
  return typeof url === "string" && /^https?:\/\//.test(url) ? url : undefined;
}
