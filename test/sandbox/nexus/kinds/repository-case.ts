import { type AnyCase, type KindCase, V1 } from "./kind-case";
import { type Json, type NexusRest, overlaid } from "./nexus-rest";
import type { TypePart } from "./repository-types";

/** What a format has of its own. */
export interface FormatPart {
  readonly kind: AnyCase["kind"];
  readonly type: KindCase<never>["type"];
  /** `docker hosted` */
  readonly sort: string;
  /** Members of a group. */
  readonly uses?: AnyCase["uses"];
  readonly first?: Json;
  /** The n-th goes with the type's n-th. */
  readonly updates?: readonly { readonly patch: Json; readonly told?: Json }[];
  readonly unmodelled?: Json;
  readonly resend?: TypePart["resend"];
  /** Laid over what the type has in the end. */
  readonly deep?: Json;
  /** After the n-th update; for what no GET tells. */
  readonly proofs?: Readonly<Record<number, (rest: NexusRest, name: string) => Promise<void>>>;
}

/** A repository of a format and type: what all of the type have, and what the format has beside it. */
export function repositoryCase(all: TypePart, own: FormatPart): AnyCase {
  const [format, type] = own.sort.split(" ");
  const name = `life-${format}-${type}`;
  const path = `${V1}/repositories/${format}/${type}/${name}`;
  const resend = { ...all.resend, ...own.resend };
  const edit = (rest: NexusRest, patch: Json, when: "first" | "last") =>
    rest.edit(path, overlaid(resend[when] ?? {}, patch) as Json);
  return {
    kind: own.kind,
    id: name,
    type: own.type as AnyCase["type"],
    uses: [...all.uses, ...(own.uses ?? [])],
    first: { name, ...all.first, ...own.first },
    updates: updatesOf(all, own, name),
    read: (rest) => rest.get(path),
    drift: (rest) => edit(rest, all.drift, "last"),
    unmodelled: own.unmodelled && ((rest, when) => edit(rest, own.unmodelled!, when)),
    gone: (rest) => rest.change("DELETE", `${V1}/repositories/${name}`),
    deep: {
      name,
      url: `{nexus}/repository/${name}`,
      format: format === "maven" ? "maven2" : format,
      type,
      ...(overlaid(all.deep, own.deep ?? {}) as Json),
    },
  };
}

function updatesOf(all: TypePart, own: FormatPart, name: string): AnyCase["updates"] {
  const count = Math.max(all.updates.length, own.updates?.length ?? 0);
  return Array.from({ length: count }, (_, index) => {
    const [theirs, ours] = [all.updates[index], own.updates?.[index]];
    const proof = own.proofs?.[index + 1];
    return {
      patch: { ...theirs?.patch, ...ours?.patch },
      told: overlaid(theirs?.told ?? {}, ours?.told ?? {}) as Json,
      ...(proof && { proof: (rest: NexusRest) => proof(rest, name) }),
    };
  });
}
