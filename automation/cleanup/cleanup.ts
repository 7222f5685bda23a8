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
  const plan = { remove: [] as TagPlan[], kept: [] as { tag: string; why: string }[] };
  for (const tag of names.filter((name) => kept.last.has(name))) {
    const found = await store.look(tag);
    if (!found) continue;
    const { remove, why } = judgeTag(tag, found.digest, kept, rule);
    if (remove) plan.remove.push({ tag, ...found });
    else plan.kept.push({ tag, why: why! });
  }
  return { store, ...plan, foreign: names.filter((name) => !kept.last.has(name)) };
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
