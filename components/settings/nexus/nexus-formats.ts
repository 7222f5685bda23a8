/**
 * Formats of repositories: the settings' word, which is also that of Nexus's REST paths → the word of its privileges,
 * cleanup policies and answers.
 */
export const FORMATS = {
  docker: "docker",
  raw: "raw",
  maven: "maven2",
  apt: "apt",
  yum: "yum",
  npm: "npm",
  pypi: "pypi",
  rubygems: "rubygems",
  helm: "helm",
  go: "go",
} as const;

export type Format = keyof typeof FORMATS;

/** As settings offer them. */
export const FORMAT_NAMES = Object.keys(FORMATS) as Format[];
/** As Nexus's privileges and cleanup policies name them; `*` is every format. */
export const NEXUS_FORMATS = ["*", ...Object.values(FORMATS)] as const;

/** The settings' word for what Nexus calls a format; undefined where they have none. */
export function formatOf(nexusFormat: unknown): Format | undefined {
  return FORMAT_NAMES.find((name) => FORMATS[name] === nexusFormat);
}
