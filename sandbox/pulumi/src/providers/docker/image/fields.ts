import { type Fields, field, oneOf } from "../../schema/field";

/** Inputs of `docker:index/image:Image`. */
export const IMAGE_FIELDS: Fields = {
  imageName: field("string", { required: true }),
  build: field("object", {
    fields: {
      addHosts: field("list"),
      args: field("map"),
      builderVersion: field("string", { accept: oneOf("BuilderV1", "BuilderBuildKit") }),
      cacheFrom: field("object", { fields: { images: field("list") } }),
      context: field("string"),
      dockerfile: field("string"),
      network: field("string"),
      platform: field("string"),
      target: field("string"),
    },
  }),
  registry: field("object", {
    fields: { server: field("string"), username: field("string"), password: field("string") },
  }),
  skipPush: field("boolean", { default: false }),
  buildOnPreview: field("boolean", { default: false }),
};
