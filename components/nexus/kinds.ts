import type { ModuleProvider } from "../dynamic-module";
import { activeRealms } from "./active-realms";
import { anonymousAccess } from "./anonymous-access";
import { dockerGroup, dockerHosted, dockerProxy } from "./docker-repository";
import { fileBlobStore } from "./file-blob-store";
import type { Kind } from "./kind";
import { lifeOf } from "./life";
import { role } from "./role";
import { user } from "./user";

/** Every kind of Nexus object, by the name of its resource type. */
export const kinds = {
  ActiveRealms: activeRealms,
  AnonymousAccess: anonymousAccess,
  DockerGroup: dockerGroup,
  DockerHosted: dockerHosted,
  DockerProxy: dockerProxy,
  FileBlobStore: fileBlobStore,
  Role: role,
  User: user,
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** The dynamic provider of each kind, for dynamic-module.ts: `components/nexus/kinds#Role`. */
export const providers = Object.fromEntries(
  Object.entries(kinds).map(([name, kind]) => [name, lifeOf(kind)]),
) as Record<KindName, ModuleProvider>;
