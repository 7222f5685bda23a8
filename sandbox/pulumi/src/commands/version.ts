import type { Handler } from "../cli/command";
import { ENGINE_VERSION } from "../version";

export const version: Handler = () => {
  console.log(ENGINE_VERSION);
  return 0;
};
