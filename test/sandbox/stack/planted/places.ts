import { randomBytes } from "node:crypto";

/**
 * Where each secret is planted. `kept`: the program says that it is secret, or never writes it, so that it is nowhere in plain
 * text. `written`: somebody wrote a known secret, by mistake, where the engine takes it for plain text and keeps it in the
 * state as such; people are still shown none of it.
 */
const PLACES = {
  nexusAdmin: "kept", // settings of berth's, encrypted
  appSecret: "kept",
  config: "kept", // settings of another namespace, encrypted
  environment: "kept", // inputs of a command
  stdin: "kept",
  printed: "kept", // what a command prints, in the forms that texts take
  complained: "kept",
  printedBasic: "kept",
  printedAddress: "kept",
  printedJson: "kept",
  printedKey: "kept",
  printedRandom: "kept",
  registryAuth: "kept", // inputs of providers and their resources
  buildArgument: "kept",
  registryLogin: "kept",
  userPassword: "kept",
  nexusAnswer: "kept", // what a dynamic provider's server answers
  commandError: "kept",
  exception: "kept",
  warning: "kept",
  console: "kept",
  output: "kept",
  nestedOutput: "kept",
  address: "kept",
  PULUMI_CONFIG_PASSPHRASE: "kept", // the environment
  BERTH_GITLAB_TOKEN: "kept",
  CI_JOB_TOKEN: "written", // … of which a command prints some
  CI_REGISTRY_PASSWORD: "written",
  HUB_PASSWORD: "written",
  resourceName: "written",
  trigger: "written",
  mapKey: "written",
  script: "written",
  writtenAddress: "written",
  writtenJson: "written",
  writtenBasic: "written",
  writtenOutput: "written",
} as const;

export type Place = keyof typeof PLACES;
export type Words = Record<Place, string>;

export const places = Object.keys(PLACES) as Place[];
export const writtenPlaces = places.filter((place) => PLACES[place] === "written");

/** What texts of JSON, addresses, HTML and shells make something of. */
const ODD = ['"q"', "back\\slash", "per%cent/slash", "a+b c", "ümlaut", "<b>&amp;", "it's"];

/** What is looked for: the middle of each secret, which no form of it but an encoding changes. */
export interface Planted {
  readonly words: Words;
  readonly cores: Words;
}

export function plantedSecrets(): Planted {
  const cores = {} as Words;
  const words = {} as Words;
  places.forEach((place, index) => {
    cores[place] = randomBytes(12).toString("hex");
    words[place] = `${ODD[index % ODD.length]}${cores[place]}${ODD[(index + 1) % ODD.length]}`;
  });
  words.printedKey = `-----BEGIN KEY-----\n${randomBytes(12).toString("hex")}\n${words.printedKey}\n-----END KEY-----\n`;
  words.PULUMI_CONFIG_PASSPHRASE = cores.PULUMI_CONFIG_PASSPHRASE;
  return { words, cores };
}

/** Whether the text has it: as it is, or within something in Base64. */
export function holds(text: string, core: string): boolean {
  if (text.includes(core)) return true;
  // Three characters of it are four of Base64, at one of three beginnings.
  return [0, 1, 2].some((skipped) => {
    const whole = core.slice(skipped, skipped + Math.floor((core.length - skipped) / 3) * 3);
    return text.includes(Buffer.from(whole).toString("base64"));
  });
}
