import type { CommandGroup } from "../command";
import { gc } from "./nexus/gc";
import { inventory } from "./nexus/inventory";

export const nexus: CommandGroup = {
  name: "nexus",
  summary: "Look into the stack's Nexus: inventory, gc",
  commands: [inventory, gc],
};
