import { caller } from "../../components/nexus/object/object-provider";
import { everyApp } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { carryOut, planCleanup, type StorePlan } from "../cleanup/cleanup";
import { cleanupText, type Space, spaceLines } from "../cleanup/cleanup-text";
import { openStores } from "../cleanup/open-stores";
import { KEEP, RECENT, type RetentionRule, retentionRule } from "../cleanup/retention";
import { stackPasts } from "../cleanup/stack-pasts";
import { blobStoreSpace } from "../nexus/blob-stores";
import { nexusServer, PATIENCE_MS } from "../nexus/server";
import { type OpenStack, openStack } from "../stack/open-stack";
import { ask } from "../terminal/ask";
import { defineCommand, stackArgument, stackName } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { outputColumns } from "../terminal/text-table";

export const cleanup = defineCommand({
  name: "cleanup",
  summary: "Delete old releases in GitLab's registry and in Nexus: none that a stack runs or may go back to",
  effect: "destroys",
  args: [stackArgument],
  options: [
    { flags: "--dry-run", summary: "only say what would be deleted" },
    { flags: "--keep <n>", summary: `releases of each app and stack that stay (${KEEP})` },
    { flags: "--older-than <days>", summary: `what was deployed in so many days stays (${RECENT})` },
    { flags: "--yes", summary: "don't ask" },
  ],
  example: "berth cleanup dev --dry-run",
  async run({ args: [stack], options, report }) {
    const rule = ruleOf(options.keep ?? String(KEEP), options.olderThan ?? String(RECENT));
    const open = await openStack(stackName(stack));
    const apps = everyApp(open.file.settings());
    const [stores, pasts] = await Promise.all([openStores(open, apps), stackPasts(open)]);
    const isPlan = options.dryRun === true;
    try {
      const plans = await Promise.all(stores.map(({ app, store }) => planCleanup(store, app, pasts, rule)));
      const done = isPlan ? plans : await remove(plans, options.yes === true, report);
      const space = await nexusSpace(open);
      const columns = outputColumns();
      report.data({ dryRun: isPlan, registries: done.map(planData), ...space }, () =>
        [cleanupText(done, isPlan, columns), ...spaceLines(space, open.name, columns)].join("\n"),
      );
    } finally {
      for (const { store } of stores) store.close();
    }
    return Exit.done;
  },
});

/** What was deleted is deleted, whatever Nexus says of its blob stores. */
async function nexusSpace(open: OpenStack): Promise<Space> {
  try {
    return { blobStores: await blobStoreSpace(caller(await nexusServer(open), PATIENCE_MS)) };
  } catch (error) {
    return { blobStoresUnknown: messageOf(error) };
  }
}

/** Asks with the whole plan in view. */
async function remove(plans: readonly StorePlan[], yes: boolean, report: Report): Promise<StorePlan[]> {
  const count = plans.reduce((sum, plan) => sum + plan.remove.length, 0);
  if (count > 0 && !yes) {
    report.say(cleanupText(plans, true, report.screen.columns));
    await ask(`Delete ${count} ${count === 1 ? "tag" : "tags"}?`);
  }
  const done: StorePlan[] = [];
  for (const plan of plans) done.push(await carryOut(plan));
  return done;
}

function planData({ store, remove, kept, foreign }: StorePlan) {
  return { where: store.where, repository: store.repository, removed: remove, kept, foreign };
}

function ruleOf(most: string, olderThan: string): RetentionRule {
  const whole = (flag: string, text: string, least: number) => {
    const given = text.replace(/d$/, "");
    if (/^\d{1,5}$/.test(given) && Number(given) >= least) return Number(given);
    throw new CommandError(`${flag} ${given}: expected a whole number, at least ${least}`, Exit.usage);
  };
  // One stays within reach at least: what ran before what runs.
  const keep = whole("--keep", most, 2);
  return retentionRule(keep, whole("--older-than", olderThan, 0));
}
