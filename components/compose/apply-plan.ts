import { createHmac, randomBytes } from "node:crypto";
import { kinds, providers } from "../nexus/kinds";
import type { Fields, Kind } from "../nexus/object/kind";
import type { NexusServer } from "../nexus/rest/nexus-server";
import { messageOf } from "../values/error-facts";
import { type NexusPlan, type PlannedObject, secretsIn, withSecrets } from "./nexus-plan";

/**
 * What was asked for the last time. It is no state: without it every object is found again by its name, secrets that nobody
 * can read are sent once more, and what has left the settings of an object stays as it is.
 */
export interface Memory {
  /** Of the digests. */
  readonly salt: string;
  /** By the objects' names. */
  readonly objects: Readonly<Record<string, Remembered>>;
}

interface Remembered {
  /** Marks in the place of secrets. */
  readonly fields: Fields;
  /** What others had put on a shared list. */
  readonly theirs?: unknown;
  /** Name of a secret → digest of its value. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface Applied {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  /** How many were as they are to be. */
  readonly same: number;
  /** No longer in the settings, and left alone. */
  readonly left: readonly string[];
  readonly memory: Memory;
}

/** A failure, and what was done before it. */
export class ApplyError extends Error {
  override readonly name = "ApplyError";

  constructor(
    message: string,
    readonly done: Applied,
  ) {
    super(message);
  }
}

export interface Applying {
  readonly plan: NexusPlan;
  readonly server: NexusServer;
  /** By their names. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly before: Memory | undefined;
}

type How = "created" | "changed" | "same";

/**
 * Makes a Nexus what the plan says: each object is looked for, then created, changed or left as it is, by the same kinds as
 * a stack's. Nothing is ever deleted.
 * @throws ApplyError with the object that failed
 */
export async function applyPlan({ plan, server, secrets, before }: Applying): Promise<Applied> {
  const salt = before?.salt ?? randomBytes(16).toString("hex");
  const vault = {
    secrets,
    digest: (value: string) => createHmac("sha256", salt).update(value).digest("hex"),
  };
  const done: Record<How, string[]> = { created: [], changed: [], same: [] };
  const objects: Record<string, Remembered> = { ...before?.objects };
  const left = Object.keys(objects).filter((name) => !plan.objects.some((one) => one.name === name));
  const applied = () => ({
    created: done.created,
    changed: done.changed,
    same: done.same.length,
    left,
    memory: { salt, objects },
  });
  for (const object of plan.objects) {
    const kind: Kind = kinds[object.kind];
    const title = `${kind.noun} ${kind.id(object.fields)}`;
    try {
      const { how, remembered } = await bring(object, { server, vault, last: objects[object.name] });
      done[how].push(title);
      objects[object.name] = remembered;
    } catch (error) {
      throw new ApplyError(`Configuring the ${title} failed: ${messageOf(error)}`, applied());
    }
  }
  return applied();
}

interface Vault {
  readonly secrets: Readonly<Record<string, string>>;
  readonly digest: (value: string) => string;
}

interface Surroundings {
  readonly server: NexusServer;
  readonly vault: Vault;
  readonly last: Remembered | undefined;
}

async function bring(
  { kind: name, fields: asked }: PlannedObject,
  { server, vault, last }: Surroundings,
): Promise<{ how: How; remembered: Remembered }> {
  const kind: Kind = kinds[name];
  const life = providers[name];
  const common = { server, adopt: true, allowDataLoss: asked["allowDataLoss"] };
  const fields = await settled(name, last?.fields ?? {}, asked, common);
  const filled = { ...(withSecrets(fields, (secret) => vault.secrets[secret] ?? "") as Fields), ...common };
  const id = kind.id(filled);
  const remembered = { fields, secrets: digestsOf(fields, vault) };

  const shape = {
    ...(withSecrets(last?.fields ?? fields, knownSecrets(kind, vault, last)) as Fields),
    ...common,
  };
  const found = await life.read(id, { ...shape, theirs: last?.theirs });
  if (!found.id || !found.props) {
    const { outs } = await life.create(filled);
    return { how: "created", remembered: { ...remembered, theirs: outs?.["theirs"] } };
  }
  if (!(await life.diff(id, found.props, filled)).changes)
    return { how: "same", remembered: { ...remembered, theirs: last?.theirs } };
  await settled(name, found.props, fields, common);
  const { outs } = await life.update(id, found.props, filled);
  return { how: "changed", remembered: { ...remembered, theirs: outs?.["theirs"] } };
}

/** The fields as they are to be sent, checked as a preview checks them. */
async function settled(
  name: PlannedObject["kind"],
  before: Fields,
  asked: Fields,
  common: object,
): Promise<Fields> {
  const { inputs, failures = [] } = await providers[name].check(before, { ...asked, ...common });
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join(" "));
  const ours = Object.entries(inputs).filter(([field]) => !(field in common));
  return Object.fromEntries(ours);
}

/**
 * The secrets as Nexus has them, as far as that can be known: those that a login proves, and those that are the same as the
 * last time. Any other one is another text, so that it is sent.
 */
function knownSecrets(kind: Kind, { secrets, digest }: Vault, last: Remembered | undefined) {
  return (name: string): string => {
    const value = secrets[name] ?? "";
    return kind.holds || last?.secrets[name] === digest(value) ? value : "";
  };
}

function digestsOf(fields: Fields, { secrets, digest }: Vault): Record<string, string> {
  return Object.fromEntries(secretsIn(fields).map((name) => [name, digest(secrets[name] ?? "")]));
}
