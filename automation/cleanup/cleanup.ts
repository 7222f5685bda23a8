import { type AppPast, judgeTag, type RetentionRule, retention } from "./retention";
import type { TagStore } from "./tag-store";

/** What is to be done with one tag. */
export interface TagPlan {
  readonly tag: string;
  readonly digest: string;
  readonly bytes?: number | undefined;
}

/** What is to be done in one registry. */
export interface StorePlan {
  readonly store: TagStore;
  readonly remove: readonly TagPlan[];
  /** Releases that stay, with the reason. */
  readonly kept: readonly { readonly tag: string; readonly why: string }[];
  /** Tags that are no release of any stack: whoever made them knows what they are for. */
  readonly foreign: readonly string[];
}

/** Looks at every release of the app in a registry; changes nothing. */
export async function planCleanup(
  store: TagStore,
  app: string,
  pasts: readonly AppPast[],
  rule: RetentionRule,
): Promise<StorePlan> {
  const kept = retention(pasts, app, rule);
  const names = (await store.names()).sort();
  const foreign = names.filter((name) => !kept.last.has(name));
  const plan: { remove: TagPlan[]; kept: { tag: string; why: string }[] } = { remove: [], kept: [] };
  for (const tag of names.filter((name) => kept.last.has(name))) {
    const found = await store.look(tag);
    if (!found) continue;
    const { remove, why } = judgeTag(tag, found.digest, kept, rule);
    if (remove) plan.remove.push({ tag, ...found });
    else plan.kept.push({ tag, why: why! });
  }
  return { store, ...(await withoutShared(store, plan, foreign)), foreign };
}

/** A digest that a foreign tag names is somebody's still: nothing would come free, and some registries would delete both. */
async function withoutShared(
  store: TagStore,
  plan: Pick<StorePlan, "remove" | "kept">,
  foreign: readonly string[],
): Promise<Pick<StorePlan, "remove" | "kept">> {
  if (plan.remove.length === 0) return plan;
  const others = new Map<string, string>();
  for (const tag of foreign) others.set((await store.look(tag))?.digest ?? "", tag);
  const shared = plan.remove.filter(({ digest }) => others.has(digest));
  const stay = shared.map(({ tag, digest }) => ({
    tag,
    why: `the tag ${others.get(digest)} has its digest`,
  }));
  return { remove: plan.remove.filter((one) => !shared.includes(one)), kept: [...plan.kept, ...stay] };
}

/**
 * Deletes what was planned, unless a tag points elsewhere by now.
 * @returns the plan with what is gone in place of what was to go
 */
export async function carryOut(plan: StorePlan): Promise<StorePlan> {
  const remove: TagPlan[] = [];
  for (const one of plan.remove) {
    const found = await plan.store.look(one.tag);
    if (found?.digest !== one.digest) continue;
    await plan.store.remove(one.tag);
    remove.push(one);
  }
  const moved = plan.remove.filter((one) => !remove.includes(one));
  const why = "somebody has moved or deleted it meanwhile";
  return { ...plan, remove, kept: [...plan.kept, ...moved.map(({ tag }) => ({ tag, why }))] };
}
