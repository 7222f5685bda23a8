import type { Contender } from "./contender";
import type { Contest } from "./contest";
import { ACTIONS, type Action } from "./shape";
import { asRatio, inSeconds, median, table } from "./table";

const TITLES: { readonly [action in Action]: string } = {
  create: "create",
  preview: "preview, no change",
  up: "up, no change",
  refresh: "refresh",
  destroy: "destroy",
};

/** Everything measured, as Markdown. */
export function report(contest: Contest, sizes: readonly number[]): string {
  const missing =
    "No column for OpenTofu: BERTH_BENCH_TOFU and BERTH_BENCH_TOFU_PROVIDER do not name its binaries.\n";
  return [
    ...sizes.flatMap((size) => [
      `${size} objects\n\n${comparison(contest, size)}`,
      `${size} objects, seconds of processors without Nexus\n\n${processors(contest, size)}`,
    ]),
    ...(contest.terraform ? [] : [missing]),
    `Program start\n\n${programStart(contest)}`,
    ...(sizes.length > 1 ? [`Growth\n\n${growth(contest, sizes)}`] : []),
  ].join("\n");
}

function comparison(contest: Contest, size: number): string {
  const { pulumi, noOp, direct, terraform } = contest;
  const peer = terraform ? [terraform.name, "ratio"] : [];
  const head = ["", `${pulumi.name}, whole process`, "its operation", "without Nexus", direct.name, ...peer];
  const rows = ACTIONS.map((action) => {
    const whole = (contender: Contender) => contest.of(contender, size).whole(action);
    const theirs = terraform && whole(terraform);
    return [
      TITLES[action],
      inSeconds(whole(pulumi)),
      inSeconds(contest.of(pulumi, size).inside(action)),
      inSeconds(contest.of(noOp, size).inside(action)),
      inSeconds(contest.of(direct, size).inside(action)),
      ...(theirs ? [inSeconds(theirs), asRatio(whole(pulumi)! / theirs)] : []),
    ];
  });
  return table(head, rows);
}

/** The steadier measure on a machine with other work to do. */
function processors(contest: Contest, size: number): string {
  const { pulumi, terraform } = contest;
  const compared = [pulumi, ...(terraform ? [terraform] : [])];
  const rows = ACTIONS.map((action) => [
    TITLES[action],
    ...compared.map((contender) => inSeconds(contest.of(contender, size).processor(action))),
  ]);
  return table(["", ...compared.map(({ name }) => name)], rows);
}

function programStart({ starts }: Contest): string {
  const rows = [...starts].map(([step, runs]) => [
    step,
    inSeconds(median(runs.map(({ seconds }) => seconds))),
    inSeconds(median(runs.map(({ processor }) => processor))),
  ]);
  return table(["step", "median", "of processors"], rows);
}

/** Times beside those of the smallest size: as the number of objects grows, or less. */
function growth(contest: Contest, sizes: readonly number[]): string {
  const [smallest, ...others] = [...sizes].sort((a, b) => a - b);
  const compared = [contest.pulumi, ...(contest.terraform ? [contest.terraform] : [])];
  const rows = others.flatMap((size) =>
    compared.map((contender) => [
      `${size} objects beside ${smallest} (× ${(size / smallest!).toFixed(1)}): ${contender.name}`,
      ...ACTIONS.map((action) => {
        const times = [smallest!, size].map((objects) => contest.of(contender, objects).whole(action)!);
        return `× ${(times[1]! / times[0]!).toFixed(1)}`;
      }),
    ]),
  );
  return table(["", ...ACTIONS.map((action) => TITLES[action])], rows);
}
