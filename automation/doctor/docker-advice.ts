/** What to type, by what a Docker's or a registry's refusal says; `HOST` is the machine's login, where it is another machine. */
const COMMANDS: readonly (readonly [RegExp, string])[] = [
  [/ENOENT/, "HOST sudo systemctl start docker # where there is none: apt-get install docker.io"],
  [/EACCES/, 'sudo usermod -aG docker "$USER" # then log in anew'],
  [/ECONNREFUSED/, "HOST sudo systemctl start docker"],
  [
    /Host key verification failed/,
    "ssh-keyscan NAME >> ~/.ssh/known_hosts # compare the key with the machine's own",
  ],
  [/Permission denied/, "ssh-copy-id LOGIN"],
  [/docker\S*: (command )?not found|command not found/, "HOST sudo apt-get install docker.io"],
  [/dial-stdio|permission denied/, "HOST 'sudo usermod -aG docker \"$USER\"'"],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|no answer/, "ping -c 3 NAME"],
  [/ENOTFOUND|EAI_AGAIN|Could not resolve/, "getent hosts NAME # it has to be in DNS, or in /etc/hosts"],
];

/** @returns undefined where no command helps: what was said has the next step */
export function dockerAdvice(said: string, address: string): string | undefined {
  const command = COMMANDS.find(([pattern]) => pattern.test(said))?.[1];
  if (command === undefined) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const name = url?.hostname ?? "";
  const isOther = url !== undefined && name !== "";
  const login = `${url?.username ? `${url.username}@` : ""}${name}`;
  const port = url?.protocol === "ssh:" && url.port ? `-p ${url.port} ` : "";
  return command
    .replace("HOST ", isOther ? `ssh ${port}${url.protocol === "ssh:" ? login : name} ` : "")
    .replace("LOGIN", `${port}${login}`)
    .replace("NAME", name);
}
