import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildImages, buildImages } from "../dockerfile/build-images";
import { type BuildSettings, basesOf } from "./app-settings";

/** The images of an app's build, out of its Dockerfile. @param root the folder that relative paths begin at */
export function imagesOfBuild(build: BuildSettings, root: string): BuildImages {
  // The parser takes its time to load, and many runs build nothing.
  const { readDockerfile }: typeof import("../dockerfile/dockerfile") = require("../dockerfile/dockerfile");
  const text = readFileSync(resolve(root, join(build.context, build.dockerfile)), "utf8");
  const { args, target, platform, ssh } = build;
  const secrets = Object.keys(build.secrets);
  return buildImages(readDockerfile(text), { bases: basesOf(build), args, secrets, ssh, target, platform });
}
