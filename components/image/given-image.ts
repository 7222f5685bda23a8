import * as pulumi from "@pulumi/pulumi";
import { aliasesOf } from "../base/renames";
import type { Account, RegistryAccess } from "../registry/registry-access";
import { imageName, imageReference, isOfProject, releaseName } from "../settings/app/image";
import type { AppSettings } from "../settings/app-settings";
import type { GitlabSettings } from "../settings/gitlab-settings";
import type { ServerSettings } from "../settings/server-settings";
import { ImageDigest } from "./image-digest";

export interface GivenImageArgs {
  readonly app: AppSettings & { readonly image: string };
  readonly gitlab: Pick<GitlabSettings, "registry" | "project">;
  /** Those that run it. */
  readonly servers: readonly Pick<ServerSettings, "name" | "docker">[];
  /** Nexus's group (`host:port`), and who reads it. */
  readonly group: pulumi.Input<string>;
  readonly reader: Account;
  readonly access: RegistryAccess;
  /** Docker host and container of that Nexus. */
  readonly docker: string | undefined;
  readonly container: pulumi.Input<string>;
}

/** Where an image of somebody else is copied from, as what was built is. */
export interface GivenImage {
  /** repository@digest: in Nexus's group, or in the project's own registry. */
  readonly source: pulumi.Input<string>;
  /** Who reads it; nobody's login for the project's registry, which is the job's. */
  readonly reader?: Account;
  readonly sourceAccess?: RegistryAccess;
  /** Name of the release. */
  readonly tag: pulumi.Input<string>;
  readonly digest: pulumi.Input<string>;
  /** What was looked up, for the next run. */
  readonly image?: string;
}

/** The image of an app that builds none. One that is pinned asks for nothing: its digest is known, and the copy is there mostly. */
export function givenImage(args: GivenImageArgs): GivenImage {
  const { app, gitlab, group, reader, access } = args;
  const { release } = app;
  const reference = imageReference(app.image);
  const { registry, repository, digest: known } = reference;
  if (isOfProject(reference, gitlab)) {
    const digest = release?.digest ?? known!; // settings hold one of the two
    const tag = release?.tag ?? releaseName(reference, digest);
    return { source: `${registry}/${repository}@${digest}`, tag, digest };
  }
  const place = pulumi.interpolate`${group}/${repository}`;
  const from = { reader, sourceAccess: access };
  if (release) {
    const { tag, digest } = release;
    return { source: pulumi.interpolate`${place}@${digest}`, ...from, tag, digest };
  }
  const { digest } = lookedUp(args, place);
  return {
    source: pulumi.interpolate`${place}@${digest}`,
    ...from,
    tag:
      known === undefined
        ? digest.apply((found) => releaseName(reference, found))
        : releaseName(reference, known),
    digest: known ?? digest,
    image: imageName(app.image),
  };
}

function lookedUp(
  { app, servers, reader, access, docker, container }: GivenImageArgs,
  place: pulumi.Output<string>,
): ImageDigest {
  const { tag, digest } = imageReference(app.image);
  return new ImageDigest(
    `${app.name}-image-digest`,
    {
      app: app.name,
      image: pulumi.interpolate`${place}${tag === undefined ? `@${digest}` : `:${tag}`}`,
      digest,
      ...reader,
      ...access,
      docker,
      container,
      servers: servers.map((server) => ({ name: server.name, docker: server.docker })),
    },
    aliasesOf(app, "-image-digest"),
  );
}
