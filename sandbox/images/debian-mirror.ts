import { runCommand } from "../lib/run-command";

export const suite = "bookworm";

/** One line of apt's configuration of this machine, as `apt-get indextargets` reports it. */
export interface AptSource {
  uri: string;
  label: string;
  /** `bookworm`, `bookworm-updates`, … */
  release: string;
  component: string;
}

const format = "$(REPO_URI)|$(LABEL)|$(CODENAME)|$(COMPONENT)";

/**
 * The Debian sources that this machine's apt uses, whichever mirror they name. None on a machine that is no
 * Debian: debootstrap's own default is used then.
 */
export async function hostSources(): Promise<AptSource[]> {
  const result = await runCommand("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  return result.code === 0 ? parseSources(result.stdout) : [];
}

export function parseSources(text: string): AptSource[] {
  return text
    .split("\n")
    .map((line) => line.split("|"))
    .filter((fields) => fields.length === 4 && fields[1]?.startsWith("Debian"))
    .map(([uri = "", label = "", release = "", component = ""]) => ({ uri, label, release, component }));
}

/** Where debootstrap downloads from: the mirror of this machine that holds the whole archive. */
export function mirrorOf(sources: AptSource[]): string | undefined {
  return sources.find((source) => source.label === "Debian" && source.component === "main")?.uri;
}

/** sources.list of the image: what this machine has of the suite, updates and security included. */
export function sourcesList(sources: AptSource[], mirror: string): string {
  const lines = sources
    .filter(
      (source) =>
        source.component === "main" && new RegExp(`^${suite}(-updates|-security)?$`).test(source.release),
    )
    .map((source) => `deb ${source.uri} ${source.release} main`);
  return `${lines.length > 0 ? [...new Set(lines)].join("\n") : `deb ${mirror} ${suite} main`}\n`;
}
