import type { StackFile } from "../stack-file/stack-file";

/** Whatever berth repeats of a container's output passes the one scrubber, which has to know the stack's secrets first. */
export interface StackSecrets {
  readonly stack: string;
  /** Makes them known to what is said, once; tells why where that can't be done. */
  known(): Promise<string | undefined>;
}

/** Those of the settings and those that were generated, read by the engine when they are first asked for. */
export function stackSecrets(stack: string, file: StackFile): StackSecrets {
  let known: Promise<string | undefined> | undefined;
  return {
    stack,
    known: () => {
      known ??= read(stack, file);
      return known;
    },
  };
}

/** Why something is not shown, and what to do. @param problem why the stack's secrets are not known */
export function notShown(what: string, problem: string, { stack, service }: ServiceLog): string {
  const logs = `berth logs ${service} --stack ${stack}`;
  return (
    `${what} not shown: secrets of the stack might be in it, and they could not be read to leave them out (${problem}). ` +
    `Next: set what opens them (PULUMI_CONFIG_PASSPHRASE, or the login of the stack's key service), then ${logs}; ` +
    `or ${logs} --show-secrets, which shows the log as it is.`
  );
}

interface ServiceLog {
  readonly stack: string;
  readonly service: string;
}

/** Loaded when it is needed: what reads a whole state is nothing for a start that goes well. */
function read(name: string, file: StackFile): Promise<string | undefined> {
  const known: typeof import("../change/secrets/known-settings") = require("../change/secrets/known-settings");
  return known.stackSecretsKnown({ name, file });
}
