import type { CopyImageArgs } from "../../components/registry/copy/copy-args";
import { CommandError, Exit } from "../terminal/exit";

const WISHES = ["all", "none", "strict"] as const;
type Wish = (typeof WISHES)[number];

const VARIABLE = "BERTH_REFERRERS";

/**
 * What a copy does with signatures, SBOMs and attestations, by its flags, else by the environment, which a copy within `up` or
 * `promote` has from there.
 * @throws CommandError (exit 2)
 */
export function referrersWish(
  { referrers, strictReferrers }: { readonly [flag: string]: unknown } = {},
  env: NodeJS.ProcessEnv = process.env,
): Pick<CopyImageArgs, "referrers" | "strictReferrers"> {
  const leave = referrers === false;
  const strict = strictReferrers === true;
  if (leave && strict)
    throw new CommandError("--no-referrers copies none, so --strict-referrers can't go with it.", Exit.usage);
  const wish = leave ? "none" : strict ? "strict" : wished(env[VARIABLE]);
  return { referrers: wish !== "none", strictReferrers: wish === "strict" };
}

function wished(text: string | undefined): Wish {
  const found = WISHES.find((one) => one === (text || "all"));
  if (found !== undefined) return found;
  throw new CommandError(
    `${VARIABLE}: expected ${WISHES.join(", ")}, got ${JSON.stringify(text)}`,
    Exit.usage,
  );
}
