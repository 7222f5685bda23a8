import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BuildProblem } from "../dockerfile/build-images";
import { BASE_ARGUMENT, type BuildSettings } from "./app-settings";
import { imagesOfBuild } from "./images-of-build";
import type { Problem, ValidParts } from "./parts";
import type { TlsSettings } from "./tls-settings";

/**
 * Files and folders that the settings name, looked for on this machine. For what runs the program: a machine that only asks
 * what runs need not have the sources.
 * @param root the folder that relative paths begin at
 */
export function checkOnDisk(
  { nexus, servers = {}, apps = {} }: ValidParts,
  root: string,
  problem: Problem,
): void {
  const file = (path: readonly string[], name: string | undefined) => {
    if (name === undefined) return;
    const what = kindAt(name, root);
    if (what !== "file")
      problem(path, what === undefined ? `there is no file ${name}` : `${name} is a folder, no file`);
  };
  const tls = (path: readonly string[], { certificates, directoryCa }: TlsSettings) => {
    file([...path, "directoryCa"], directoryCa);
    if (typeof certificates === "string") return;
    for (const key of ["certificate", "key", "ca"] as const)
      file([...path, "certificates", key], certificates[key]);
  };
  file(["nexus", "ca"], nexus?.ca);
  if (nexus?.tls) tls(["nexus", "tls"], nexus.tls);
  for (const [name, pem] of Object.entries(nexus?.certificates ?? {}))
    file(["nexus", "certificates", name], pem);
  for (const [name, server] of Object.entries(servers))
    if (server.tls) tls(["servers", name, "tls"], server.tls);
  for (const [name, { build, release }] of Object.entries(apps)) {
    if (!build || release) continue; // what is pinned isn't built
    const at = (field: string) => ["apps", name, "build", field];
    file(at("caBundle"), build.caBundle);
    const context = kindAt(build.context, root);
    const dockerfile = join(build.context, build.dockerfile);
    if (context === "folder") {
      file(at("dockerfile"), dockerfile);
      if (kindAt(dockerfile, root) === "file") checkImages(name, build, root, problem);
    } else if (context === "file") problem(at("context"), `${build.context} is a file, no folder`);
    else problem(at("context"), `there is no folder ${build.context}`);
  }
}

/** That the Dockerfile is built on the bases that the settings name. */
function checkImages(app: string, build: BuildSettings, root: string, problem: Problem): void {
  for (const one of imagesOfBuild(build, root).problems)
    problem(["apps", app, "build", ...fieldOf(one, build)], one.message);
}

function fieldOf({ argument, isOfTarget, isOfAgent, secret }: BuildProblem, build: BuildSettings): string[] {
  if (isOfTarget) return ["target"];
  if (isOfAgent) return ["ssh"];
  if (secret !== undefined) return ["secrets", secret];
  if (argument === undefined) return ["dockerfile"];
  return argument === BASE_ARGUMENT && build.base ? ["base"] : ["bases", argument];
}

function kindAt(name: string, root: string): "file" | "folder" | undefined {
  const found = statSync(resolve(root, name), { throwIfNoEntry: false });
  if (!found) return undefined;
  return found.isDirectory() ? "folder" : "file";
}
