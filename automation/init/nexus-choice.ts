import * as field from "../../components/settings/fields";
import { CommandError, Exit } from "../terminal/exit";
import { type Answers, problemOf } from "./answers";

/** A Nexus that is there already, and an administrator of it. */
export interface ChosenNexus {
  readonly url: string;
  readonly username: string;
}

/** By stack: undefined where the stack makes one of its own. */
export interface NexusChoice {
  readonly dev: ChosenNexus | undefined;
  readonly prod: ChosenNexus | undefined;
}

const NONE = "none";
const PASSWORD_LATER = "leave the password out of the address: it is to be a secret of the stack";
const hasPassword = (address: string) => URL.canParse(address) && new URL(address).password !== "";
/** Every Nexus has it. */
const USUAL_ADMINISTRATOR = "admin";

/**
 * Asked only where one was given or found: else each stack makes a Nexus of its own.
 * @param found the address of one that answers
 * @throws CommandError (exit 2) for an address that is none, or one for both stacks
 */
export async function chooseNexus(
  found: string | undefined,
  given: { readonly nexus?: string | undefined; readonly prodNexus?: string | undefined },
  answers: Answers,
): Promise<NexusChoice> {
  const choose = async (stack: string, flag: string, value: string | undefined, choice?: string) => {
    if (value === undefined && choice === undefined) return undefined;
    if (value !== undefined && hasPassword(value))
      throw new CommandError(`${flag}: ${PASSWORD_LATER}`, Exit.usage);
    const answer = await answers.to({
      text: `Nexus of your own for ${stack}, https://USER@HOST; ${NONE}: ${stack} makes one`,
      flag,
      given: value,
      usual: NONE,
      choices: choice === undefined ? [] : [choice],
      problem: problemOfNexus,
    });
    return answer === NONE ? undefined : nexusOf(answer);
  };
  const dev = await choose("dev", "--nexus", given.nexus, found);
  const prod = await choose("prod", "--prod-nexus", given.prodNexus, dev === undefined ? found : undefined);
  if (dev !== undefined && dev.url === prod?.url)
    throw new CommandError(
      `--prod-nexus ${prod.url}: that is dev's. Two stacks can't share a Nexus, as each has the repositories releases and docker in it, ` +
        "and three accounts. Name another one, or none: then prod makes one of its own. Nothing was written.",
      Exit.usage,
    );
  return { dev, prod };
}

function nexusOf(address: string): ChosenNexus {
  const url = new URL(address);
  const username = decodeURIComponent(url.username) || USUAL_ADMINISTRATOR;
  url.username = "";
  return { url: url.href.replace(/\/+$/, ""), username };
}

function problemOfNexus(address: string): string | undefined {
  if (address === NONE) return undefined;
  if (hasPassword(address)) return PASSWORD_LATER;
  const bare = URL.canParse(address) ? nexusOf(address).url : address;
  return problemOf(field.url())(bare);
}
