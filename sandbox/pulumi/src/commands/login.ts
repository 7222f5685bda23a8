import { homedir } from "node:os";
import { FileBackend } from "../backend/file-backend";
import type { Handler } from "../cli/command";
import { CliError, EXIT } from "../errors";
import { setCurrentBackend } from "../project/pulumi-home";
import { openBackendAnywhere } from "../project/stack";

export const login: Handler = ({ args, flags }) => {
  const given = args[0] ?? flags.string("cloud-url");
  const url = flags.bool("local") ? `file://${homedir()}` : (given ?? process.env["PULUMI_BACKEND_URL"]);
  if (!url) {
    throw new CliError(
      "the sandbox's Pulumi engine has no cloud to log in to: use `pulumi login --local` or `pulumi login file://<directory>`",
      EXIT.configuration,
    );
  }
  const backend = new FileBackend(url);
  backend.ensureLayout();
  setCurrentBackend(url);
  console.log(`Logged in to ${url} as ${backend.user} (${url})`);
  return 0;
};

export const logout: Handler = () => {
  setCurrentBackend(undefined);
  console.log("Logged out of everything");
  return 0;
};

export const whoami: Handler = ({ flags }) => {
  const backend = openBackendAnywhere();
  const who = { user: backend.user, url: backend.url };
  console.log(flags.bool("json") ? JSON.stringify(who, null, 2) : who.user);
  return 0;
};
