import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type KindName, kinds, providers } from "../../components/nexus/kinds";
import {
  type Action,
  BLOB_STORE,
  DESCRIPTION,
  passwordOf,
  ROLE_PRIVILEGES,
  repositoryName,
  roleId,
  type Task,
  userId,
} from "./shape";

type Props = { readonly [field: string]: unknown };
type Wish = { readonly kind: KindName; readonly props: Props };

/** As many as Pulumi's default. */
const AT_ONCE = 4 * availableParallelism();

/**
 * One action by the providers called directly: `direct-step.ts ACTION TASK_FILE`. Prints its seconds. A process of its
 * own as in a Pulumi run: in the one that made an object, a provider takes its deletion for one of another owner.
 */
async function main(action: Action, file: string): Promise<void> {
  const waves = wavesOf(JSON.parse(readFileSync(file, "utf8")) as Task);
  if (action === "destroy") waves.reverse();
  const began = process.hrtime.bigint();
  for (const wave of waves) await inParallel(wave, (wish) => perform(action, wish));
  process.stdout.write(`${Number(process.hrtime.bigint() - began) / 1e9}\n`);
}

/** The fields that the classes make of their arguments. A role stands before the users that have it. */
function wavesOf({ shape, target: server }: Task): Wish[][] {
  const many = (count: number, kind: KindName, props: (index: number) => Props): Wish[] =>
    [...Array(count).keys()].map((index) => ({ kind, props: { server, ...props(index) } }));
  const repositories = many(shape.repositories, "RawHosted", (index) => ({
    name: repositoryName(index),
    online: true,
    storage: { blobStoreName: BLOB_STORE, strictContentTypeValidation: true, writePolicy: "ALLOW" },
  }));
  const roles = many(shape.roles, "Role", (index) => ({
    roleId: roleId(index),
    description: DESCRIPTION,
    privileges: ROLE_PRIVILEGES,
  }));
  const users = many(shape.users, "User", (index) => ({
    userId: userId(index),
    password: passwordOf(index),
    roles: [roleId(index)],
    purpose: DESCRIPTION,
  }));
  return [[...repositories, ...roles], users];
}

async function perform(action: Action, { kind, props }: Wish): Promise<void> {
  const provider = providers[kind];
  const id = kinds[kind].id(props);
  if (action === "create") await provider.create(props);
  else if (action === "destroy") await provider.delete(id, props);
  else if (!(await provider.read(id, props)).id) throw new Error(`the ${kind} ${id} is not there`);
}

async function inParallel(wishes: readonly Wish[], task: (wish: Wish) => Promise<void>): Promise<void> {
  const left = [...wishes];
  const worker = async () => {
    for (let wish = left.shift(); wish; wish = left.shift()) await task(wish);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const [action, file] = process.argv.slice(2);
main(action as Action, file!).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
