import { InvalidProxy } from "../../components/http/proxy-for";
import { keptFor } from "../../components/registry/logins/account";
import { InvalidDockerConfig } from "../../components/registry/logins/login-places";
import { IncompleteLogin, type Logins } from "../../components/registry/logins/logins";
import type { Reference } from "../../components/registry/reference";
import { TagConflict } from "../../components/registry/tag";
import { RegistryError } from "../../components/registry/wire/errors";
import { CommandError, Exit, type ExitCode } from "../terminal/exit";

interface FailedCopy {
  readonly source: Reference;
  readonly target: Reference;
  readonly origins: Logins["origins"];
}

/**
 * What to tell of a copy that failed, with its exit code: settings are 2; a tag that points elsewhere is 3, since the
 * target differs from what was expected, nothing was changed, and no other attempt but a decision helps.
 */
export function copyFailure(error: Error, failed: FailedCopy): Error {
  if (error instanceof TagConflict) return withCode(error, error.message, Exit.differs);
  if ([InvalidDockerConfig, IncompleteLogin, InvalidProxy].some((one) => error instanceof one))
    return withCode(error, error.message, Exit.usage);
  if (!(error instanceof RegistryError) || (error.status !== 401 && error.status !== 403)) return error;
  const words = loginWords(error, failed);
  return words === undefined ? error : withCode(error, `${error.message}. ${words}`, Exit.failed);
}

/** Which login it was, or where one can be given: four places may hold it. */
function loginWords({ hint }: RegistryError, { source, target, origins }: FailedCopy): string | undefined {
  // What a login can help names the registry; a proxy that names a wrong token server is another matter.
  const asked = [target, source].find(({ registry }) => names(hint ?? "", registry));
  if (asked === undefined) return undefined;
  const { registry, repository } = asked;
  const origin = keptFor(origins, registry, repository);
  if (origin !== undefined) return `The login was taken from ${origin}`;
  const prefix = asked === target ? "BERTH_TARGET" : "BERTH_SOURCE";
  return `Set ${prefix}_USERNAME and ${prefix}_PASSWORD, or: docker login ${registry}`;
}

function names(text: string, registry: string): boolean {
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  return text.split(/[\s(),]+/).includes(host);
}

function withCode(cause: Error, message: string, code: ExitCode): CommandError {
  return Object.assign(new CommandError(message, code), { cause, stack: cause.stack });
}
