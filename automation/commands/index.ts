import type { Command } from "../command";
import { copy } from "./copy";
import { destroy } from "./destroy";
import { outputs } from "./outputs";
import { preview } from "./preview";
import { refresh } from "./refresh";
import { rollback } from "./rollback";
import { sandbox } from "./sandbox";
import { up } from "./up";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [preview, up, rollback, outputs, refresh, copy, destroy, sandbox];
