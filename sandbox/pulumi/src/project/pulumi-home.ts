import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../backend/atomic-write";
import type { Project } from "./project";

interface Workspace {
  stack?: string;
  stacks?: { [backendUrl: string]: string };
}

interface Credentials {
  current?: string;
  accessTokens?: { [url: string]: string };
  accounts?: { [url: string]: object };
}

/** Pulumi's directory in the user's home: which backend and which stack are selected. */
export function pulumiHome(): string {
  return process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
}

export function selectedStack(project: Project, backendUrl: string): string | undefined {
  const workspace = readJson<Workspace>(workspaceFile(project)) ?? {};
  return workspace.stacks?.[backendUrl] ?? workspace.stack;
}

/** Remembers `fullName` (`organization/project/stack`) for this project and backend; undefined forgets. */
export function selectStack(project: Project, backendUrl: string, fullName: string | undefined): void {
  const stacks = { ...readJson<Workspace>(workspaceFile(project))?.stacks };
  if (fullName === undefined) delete stacks[backendUrl];
  else stacks[backendUrl] = fullName;
  writeAtomically(workspaceFile(project), `${JSON.stringify({ stacks }, null, 4)}\n`);
}

export function currentBackend(): string | undefined {
  return readJson<Credentials>(credentialsFile())?.current || undefined;
}

export function setCurrentBackend(url: string | undefined): void {
  const credentials = readJson<Credentials>(credentialsFile()) ?? {};
  const accounts = { ...credentials.accounts };
  const accessTokens = { ...credentials.accessTokens };
  if (url === undefined) {
    delete accounts[credentials.current ?? ""];
    delete accessTokens[credentials.current ?? ""];
  } else {
    accessTokens[url] = "";
    accounts[url] = { lastValidatedAt: new Date().toISOString() };
  }
  const text = JSON.stringify({ current: url ?? "", accessTokens, accounts }, null, 4);
  writeAtomically(credentialsFile(), `${text}\n`);
}

/** Named as Pulumi does, so that both see the same selection. */
function workspaceFile(project: Project): string {
  const hash = createHash("sha1").update(project.file).digest("hex");
  return join(pulumiHome(), "workspaces", `${project.name}-${hash}-workspace.json`);
}

function credentialsFile(): string {
  return join(process.env["PULUMI_CREDENTIALS_PATH"] || pulumiHome(), "credentials.json");
}

function readJson<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}
