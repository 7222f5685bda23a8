import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { freePort } from "../free-port";
import type { TeamRepository } from "./team-repository";

const NEXUS_IMAGE = "berth-sandbox/nexus3:3.71.0";

/** Settings that stand in for what can't be reached from the sandbox, by their paths in the stack's settings. */
type Settings = Readonly<Record<string, unknown>>;
type Apps = Readonly<Record<string, { readonly volumes?: Readonly<Record<string, string>> }>>;

/** For a stack that makes its Nexus: another image and another hub than Sonatype's and Docker's, on ports that nobody has. */
export async function withOwnNexus(team: TeamRepository): Promise<void> {
  const [port, releases, docker] = [await freePort(), await freePort(), await freePort()];
  await change(team, {
    "berth:nexus/image": NEXUS_IMAGE,
    "berth:nexus/port": port,
    "berth:nexus/repositories": {
      hub: { remote: `http://host.docker.internal:${defaultPlaces.ports.upstream}` },
      gitlab: false,
      cache: false,
      releases: { port: releases },
      docker: { port: docker },
    },
  });
}

/** For a stack whose Nexus is there already. @param hub where that one finds base images */
export async function withTheirNexus(
  team: TeamRepository,
  ports: { readonly releases: number; readonly docker: number },
  hub: string,
): Promise<void> {
  await change(team, {
    "berth:nexus/repositories/releases/port": ports.releases,
    "berth:nexus/repositories/docker/port": ports.docker,
    "berth:nexus/repositories/hub/remote": hub,
  });
}

/** All else stays as `berth init` wrote it, but that apps are published on ports that nobody has, and that all may be deleted. */
async function change(team: TeamRepository, settings: Settings): Promise<void> {
  const file = join(team.folder, "Pulumi.dev.yaml");
  const document = parseDocument(readFileSync(file, "utf8"));
  const set = (path: string, value: unknown) => document.setIn(["config", ...path.split("/")], value);
  for (const [path, value] of Object.entries(settings)) set(path, value);
  set("berth:nexus/allowDataLoss", true);
  const apps: Apps = document.toJS().config["berth:apps"];
  for (const [app, { volumes = {} }] of Object.entries(apps)) {
    set(`berth:apps/${app}/publish`, await freePort());
    for (const [volume, path] of Object.entries(volumes))
      set(`berth:apps/${app}/volumes/${volume}`, { path, allowDataLoss: true });
  }
  writeFileSync(file, String(document));
}
