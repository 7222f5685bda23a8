import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { isOwnCheckout } from "../base/own-checkout";
import type { CopyResult } from "../registry/copy/copy-args";
import type { ReferrerLoss } from "../registry/copy/referrer-losses";
import type { Account } from "../registry/registry-access";
import { accessEnvironment, type RegistryAccess } from "../registry/registry-access";

/** An account that may have come out of another stack. */
export interface Reader {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}

export interface RepublishArgs {
  /** repository@digest in the registry it comes from. */
  readonly source: pulumi.Input<string>;
  /** Repository in the registry it goes to: `host:port/name`. */
  readonly target: pulumi.Input<string>;
  /** Tag that it gets there, so that no cleaning ever takes it for unused. */
  readonly tag: pulumi.Input<string>;
  readonly pusher: Account;
  /** Reads the source, where that is another Nexus. @default the login that the environment has, as in a GitLab job */
  readonly reader?: Reader;
  /** How the target is spoken to, and the source where that is another Nexus. */
  readonly access: RegistryAccess;
  readonly sourceAccess?: RegistryAccess | undefined;
}

/**
 * The text stays the same from copy to copy: a new digest is a new environment, and that runs it again. Where the target
 * has the image, the source need not be there: a rollback works while GitLab is down, a release after its stack is gone.
 */
const copyCommand = () =>
  `node ${berthCommand()} copy --json --progress --if-missing "$BERTH_SOURCE" "$BERTH_TARGET"`;

/** The command's file, found from the project's folder, wherever the packages lie. States hold these words: others are another copy. */
const berthCommand = () =>
  isOwnCheckout() ? "automation/berth.cjs" : `"$(node --print 'require.resolve("berth/command")')"`;

/** Of what `berth copy --json` says. */
type Copied = Pick<CopyResult, "digest" | "lost">;

/** Copies an image by digest into another registry: nothing is rebuilt, and what is there isn't sent again. */
export class Republish extends pulumi.ComponentResource {
  /** repository@digest in the target registry; the digest is the source's. */
  readonly reference: pulumi.Output<string>;
  /** What the copy had to leave behind, for the outputs: a warning among a run's lines is soon gone. Undefined for nothing. */
  readonly lostReferrers: pulumi.Output<readonly ReferrerLoss[] | undefined>;

  constructor(name: string, args: RepublishArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:registry:Republish", name, {}, opts);
    const create = copyCommand();
    const command = new local.Command(
      `${name}-copy`,
      { create, update: create, environment: environmentOf(args), logging: local.Logging.Stderr },
      { parent: this },
    );
    const copied = command.stdout.apply((out): Copied => JSON.parse(out));
    this.reference = pulumi.interpolate`${args.target}@${copied.digest}`;
    this.lostReferrers = copied.apply(({ lost = [] }) => (lost.length > 0 ? lost : undefined));
    this.registerOutputs({ reference: this.reference, lostReferrers: this.lostReferrers });
  }
}

/** Logins are here and nowhere else, as the secrets that they are: arguments can be read by all of the machine's users. */
function environmentOf({ source, target, tag, pusher, reader, access, sourceAccess }: RepublishArgs) {
  const from = sourceAccess ? [{ at: source, access: sourceAccess }] : [];
  return {
    BERTH_SOURCE: source,
    BERTH_TARGET: pulumi.interpolate`${target}:${tag}`,
    BERTH_TARGET_USERNAME: pusher.username,
    BERTH_TARGET_PASSWORD: pusher.password,
    // A GitLab job's own login changes with every job, so that it is inherited and no input.
    ...(reader && {
      BERTH_SOURCE_USERNAME: reader.username,
      BERTH_SOURCE_PASSWORD: reader.password,
    }),
    ...accessEnvironment([...from, { at: target, access }]),
  };
}
