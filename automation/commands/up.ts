import { TAKE_OVER } from "../../components/base/stack-identity";
import { everyApp } from "../../components/settings/settings";
import { type Expectation, expectation } from "../change/expectation";
import { heldTo } from "../change/held-state";
import { type UpdateJob, updateJob } from "../gitlab/gitlab";
import { withChangedPins } from "../releases/changed-pins";
import { type OpenStack, openStack } from "../stack/open-stack";
import type { PlannedPin } from "../stack-file/stack-file";
import { oneApp } from "../terminal/apps";
import {
  appOption,
  defineCommand,
  stackArgument,
  stackName,
  tellOption,
  verboseOption,
} from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { apply } from "../update/apply";

export const up = defineCommand({
  name: "up",
  summary: "Apply: Nexus, images, copies and deployments as the stack's files say",
  effect: "changes the stack",
  args: [stackArgument],
  options: [
    { flags: "--unpin", summary: "take the release's pin away first: build and deploy the working commit" },
    {
      flags: "--expect <hash>",
      summary:
        "apply only what was reviewed: the hash of a preview, or its preview.json (exit 3 where it differs)",
    },
    {
      flags: "--take-over <owner>",
      summary:
        "the stack's GitLab project was renamed or moved: that is what it was, as the refusal names it",
    },
    appOption,
    tellOption,
    verboseOption,
  ],
  example: "berth up dev",
  async run({ args: [stack], options, report }) {
    const job = options.note ? updateJob() : undefined;
    const expected = options.expect === undefined ? undefined : expectation(options.expect);
    if (options.takeOver) process.env[TAKE_OVER] = options.takeOver;
    const open = await openStack(stackName(stack));
    const pins = options.unpin ? unpins(open, options.app, report) : [];
    await update(open, { expected, job, pins }, report);
    return Exit.done;
  },
});

interface Wish {
  readonly expected: Expectation | undefined;
  readonly job: UpdateJob | undefined;
  /** To be taken out of the stack's file. */
  readonly pins: readonly PlannedPin[];
}

async function update(open: OpenStack, { expected, job, pins }: Wish, report: Report): Promise<void> {
  open.file.planned = pins;
  const held = expected && (await heldTo(expected, open, report));
  for (const { name } of open.file.settings().waiting) {
    report.say(`${name} waits for its first release: berth promote FROM ${open.name}`);
  }
  const options = { held, job };
  if (pins.length === 0) await apply(open, report, options);
  else
    await withChangedPins(open.file, pins, report, (onApplying) =>
      apply(open, report, { ...options, onApplying }),
    );
}

/**
 * The pins to take out: all that there are, or the named app's.
 * @throws CommandError (exit 2) where nothing would be left to deploy
 */
function unpins({ file, name }: OpenStack, asked: string | undefined, report: Report): PlannedPin[] {
  const settings = file.settings();
  if (asked !== undefined) oneApp(everyApp(settings), asked);
  const pinned = settings.apps.filter((app) => app.release && (asked === undefined || app.name === asked));
  const isFixed = ({ build, image, imageOf }: (typeof pinned)[number]) =>
    !build && (image ?? imageOf) === undefined;
  const buildless = pinned.filter(isFixed).map((app) => app.name);
  if (pinned.length === 0) report.say(asked === undefined ? "No app is pinned." : `${asked} isn't pinned.`);
  else if (buildless.length === pinned.length) {
    throw new CommandError(
      `${name} doesn't build ${buildless.join(", ")}, so its release can't be taken away. ` +
        `Another one: berth promote FROM ${name}, or berth rollback ${name}`,
      Exit.usage,
    );
  }
  for (const app of buildless) report.say(`${app} stays pinned: ${name} doesn't build it.`);
  const pins = pinned.filter((app) => !isFixed(app)).map((app) => ({ app: app.name, release: undefined }));
  for (const { app } of pins) file.mustHold(app);
  return pins;
}
