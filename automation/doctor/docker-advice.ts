import { dockerStart, installation, nameLookup, type ThisMachine, thisMachine } from "./this-machine";

/** What to type, by what a Docker's or a registry's refusal says; `HOST` is the machine's login, where it is another machine. */
const COMMANDS: readonly (readonly [RegExp, string | ((on: ThisMachine) => string)])[] = [
  [/ssh could not be started|spawn ssh ENOENT/, (on) => installation("openssh-client", on, OPENSSH)],
  [/ENOENT/, dockerStart],
  [/EACCES/, 'sudo usermod -aG docker "$(id -un)" # then log in anew'],
  [/ECONNREFUSED/, "HOST sudo systemctl start docker"],
  [
    /IDENTIFICATION HAS CHANGED/,
    "ssh-keygen -R KNOWN && ssh-keyscan PORT NAME >> ~/.ssh/known_hosts # only if you know why: compare the key with the machine's own",
  ],
  [
    /Host key verification failed/,
    "mkdir -p ~/.ssh && ssh-keyscan PORT NAME >> ~/.ssh/known_hosts # compare the key with the machine's own",
  ],
  [/Permission denied/, "ssh-copy-id PORT LOGIN"],
  [/docker\S*: (command )?not found|command not found/, "HOST sudo apt-get install -y docker.io"],
  [/dial-stdio|permission denied/, "HOST 'sudo usermod -aG docker \"$USER\"'"],
  [
    /port \d+: Connection refused/,
    "ssh PORT LOGIN # on that machine its ssh server has to run; or the address has another port",
  ],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|no answer|timed out|No route|unreachable/, "ping -c 3 NAME"],
  [
    /ENOTFOUND|EAI_AGAIN|Could not resolve|not known/,
    (on) => `${nameLookup("NAME", on)} # it has to be in DNS, or in /etc/hosts`,
  ],
];

const OPENSSH = { dnf: "openssh-clients", brew: "openssh" } as const;

/** @returns undefined where no command helps: what was said has the next step */
export function dockerAdvice(said: string, address: string, on = thisMachine()): string | undefined {
  const command = COMMANDS.find(([pattern]) => pattern.test(said))?.[1];
  if (command === undefined) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const name = url?.hostname ?? "";
  const isSsh = url?.protocol === "ssh:";
  const login = `${url?.username ? `${url.username}@` : ""}${name}`;
  const port = isSsh && url.port ? `-p ${url.port} ` : "";
  const host = name === "" ? "" : `ssh ${port}${isSsh ? login : name} `;
  return (typeof command === "string" ? command : command(on))
    .replace(/^HOST /, host)
    .replace("LOGIN", login)
    .replace("KNOWN", port ? `'[${name}]:${url?.port}'` : name)
    .replace("PORT ", port)
    .replace("NAME", name);
}
