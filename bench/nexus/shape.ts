/** What is declared: half raw repositories, a quarter roles, a quarter users; each user has the role of its number. */
export interface Shape {
  readonly repositories: number;
  readonly roles: number;
  readonly users: number;
}

/** @param objects how many in all, a multiple of four */
export function shapeOf(objects: number): Shape {
  return { repositories: objects / 2, roles: objects / 4, users: objects / 4 };
}

export const sizeOf = ({ repositories, roles, users }: Shape) => repositories + roles + users;

// Every contender declares exactly these.
export const repositoryName = (index: number) => `bench-raw-${index}`;
export const roleId = (index: number) => `bench-role-${index}`;
export const userId = (index: number) => `bench-user-${index}`;
/** Of accounts that live as long as a round, in a server that only this machine reaches. */
export const passwordOf = (index: number) => `bench-password-${index}`;

export const ROLE_PRIVILEGES = ["nx-repository-view-raw-*-browse", "nx-repository-view-raw-*-read"];
export const DESCRIPTION = "made by bench/nexus";
/** A fresh Nexus has it. */
export const BLOB_STORE = "default";

/** What is timed, in this order. */
export const ACTIONS = ["create", "preview", "up", "refresh", "destroy"] as const;
export type Action = (typeof ACTIONS)[number];

/** Where the Nexus of this run is. */
export interface Target {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** What a contender is told. */
export interface Task {
  readonly shape: Shape;
  readonly target: Target;
}
