import * as pulumi from "@pulumi/pulumi";
import { RawHosted } from "../../components/nexus/kinds/repository/raw-repository";
import { Role } from "../../components/nexus/kinds/role";
import { User } from "../../components/nexus/kinds/user";
import { NoOp } from "./no-op";
import {
  BLOB_STORE,
  DESCRIPTION,
  passwordOf,
  ROLE_PRIVILEGES,
  repositoryName,
  roleId,
  type Task,
  userId,
} from "./shape";

type Fields = { readonly [field: string]: pulumi.Input<unknown> };

/** The arguments of each object, the same for the real resources and for those that ask no server. */
function argumentsOf({ shape, target }: Task) {
  const server = pulumi.output({ ...target, password: pulumi.secret(target.password) });
  const numbers = (count: number) => [...Array(count).keys()];
  return {
    repositories: numbers(shape.repositories).map((index) => ({
      server,
      name: repositoryName(index),
      blobStore: BLOB_STORE,
      writePolicy: "ALLOW" as const,
    })),
    roles: numbers(shape.roles).map((index) => ({
      server,
      roleId: roleId(index),
      description: DESCRIPTION,
      privileges: ROLE_PRIVILEGES,
    })),
    users: numbers(shape.users).map((index) => ({
      server,
      userId: userId(index),
      password: pulumi.secret(passwordOf(index)),
      purpose: DESCRIPTION,
    })),
  };
}

/** The Pulumi program: every object is a dynamic resource of its own. */
export function declare(task: Task): void {
  const { repositories, roles, users } = argumentsOf(task);
  for (const args of repositories) new RawHosted(args.name, args);
  const ids = roles.map((args) => new Role(args.roleId, args).id);
  users.forEach((args, index) => void new User(args.userId, { ...args, roles: [ids[index]!] }));
}

/** As many resources with the same arguments and dependencies, and no Nexus: what they take is Pulumi's. */
export function declareNoOps(task: Task): void {
  const { repositories, roles, users } = argumentsOf(task);
  const noOp = (name: string, args: Fields) => new NoOp(name, { name, ...args });
  for (const args of repositories) noOp(args.name, args);
  const ids = roles.map((args) => noOp(args.roleId, args).id);
  users.forEach((args, index) => void noOp(args.userId, { ...args, roles: [ids[index]!] }));
}
