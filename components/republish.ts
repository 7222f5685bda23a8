import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./nexus-configuration";

export interface RepublishArgs {
  /** repository@digest in the registry it comes from. */
  readonly source: pulumi.Input<string>;
  /** Repository in the registry it goes to: `host:port/name`. */
  readonly target: pulumi.Input<string>;
  /** Tag that it gets there, so that no cleaning ever takes it for unused. */
  readonly tag: pulumi.Input<string>;
  readonly pusher: Account;
}

/** Copies an image by digest into another registry: nothing is rebuilt, and what is there isn't sent again. */
export class Republish extends pulumi.ComponentResource {
  /** repository@digest in the target registry; the digest is the source's. */
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: RepublishArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:registry:Republish", name, {}, opts);
    const { source, target, tag, pusher } = args;
    const copy = 'node automation/berth.cjs copy --json "$BERTH_SOURCE" "$BERTH_TARGET"';
    const command = new local.Command(
      `${name}-copy`,
      {
        create: copy,
        update: copy,
        // The source's login is inherited (CI_REGISTRY_USER, …): one that changes with every job is no input.
        environment: {
          BERTH_SOURCE: source,
          BERTH_TARGET: pulumi.interpolate`${target}:${tag}`,
          BERTH_TARGET_USERNAME: pusher.username,
          BERTH_TARGET_PASSWORD: pusher.password,
        },
        logging: local.Logging.Stderr,
      },
      { parent: this },
    );
    this.reference = pulumi.all([target, command.stdout]).apply(([repository, out]) => {
      const { digest } = JSON.parse(out) as { digest: string };
      return `${repository}@${digest}`;
    });
    this.registerOutputs({ reference: this.reference });
  }
}
