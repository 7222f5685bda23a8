import { ensureApiToken, ensureCiToken } from "./gitlab/access-tokens";
import { gitCredentials } from "./gitlab/git-credentials";
import { sandboxProject } from "./gitlab/start";
import { gitlabDir, type Places, passphraseFile, stateDir } from "./lib/places";
import { pulumiBin, pulumiHome, pulumiPlaces } from "./pulumi/install/pulumi-places";

/** What a person or the berth command needs to work in the sandbox. Holds a password: never to be logged. */
export function sandboxEnvironment(places: Places, path = process.env.PATH ?? ""): Record<string, string> {
  const gitlab = gitlabDir(places);
  const pulumi = pulumiPlaces(places);
  const ci = ensureCiToken(gitlab, sandboxProject);
  // A maintainer's: it may commit to the default branch, too.
  const berth = ensureApiToken(gitlab, sandboxProject, "berth", { accessLevel: 40 });
  return {
    PATH: withFirst(pulumiBin(pulumi), path),
    PULUMI_HOME: pulumiHome(pulumi),
    PULUMI_BACKEND_URL: `file://${stateDir(places)}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(places),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    CI_REGISTRY_USER: ci.usernames[0] ?? "",
    CI_REGISTRY_PASSWORD: ci.token,
    BERTH_GITLAB_TOKEN: berth.token,
    ...gitCredentials(gitlab, `http://127.0.0.1:${places.ports.gitlab}`, sandboxProject),
  };
}

/** An environment as it is in the sandbox: Pulumi prefers a passphrase to a file of one, and this is the sandbox's file. */
export function withSandbox(
  env: NodeJS.ProcessEnv,
  sandbox: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const { PULUMI_CONFIG_PASSPHRASE: _, ...own } = env;
  return { ...own, ...sandbox };
}

/** The same as lines for a shell's eval. */
export function exportLines(environment: Readonly<Record<string, string>>): string {
  const set = Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  return ["unset PULUMI_CONFIG_PASSPHRASE\n", ...set].join("");
}

/** Evaluating twice leaves the path as it is. */
function withFirst(folder: string, path: string): string {
  return [folder, ...path.split(":").filter((entry) => entry !== "" && entry !== folder)].join(":");
}
