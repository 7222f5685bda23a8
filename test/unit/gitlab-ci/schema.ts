import { z } from "zod";

/**
 * The keys of GitLab's CI/CD configuration that the files here use, and no others. The source of each fact is GitLab's
 * own schema (app/assets/javascripts/editor/schema/ci.json) and its pages on inputs, rules and environments
 * (docs.gitlab.com/ci/inputs, /ci/yaml). A key that is missing here is added after a look there.
 */

const text = z.string().min(1);
const texts = z.array(text).min(1);

/** `spec: inputs`: types and keys of ci.json's baseInput; every input says what it is for. */
const input = z
  .strictObject({
    description: text.max(1024),
    type: z.enum(["string", "number", "boolean", "array"]).default("string"),
    default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
    options: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
    regex: text.optional(),
  })
  .refine(
    ({ type, default: value }) =>
      value === undefined || (Array.isArray(value) ? "array" : typeof value) === type,
    "the default is of another type",
  );

export const header = z.strictObject({
  spec: z.strictObject({ inputs: z.record(z.string().regex(/^[a-z_]+$/), input) }),
});

const allowFailure = z.union([
  z.boolean(),
  z.strictObject({ exit_codes: z.array(z.int().min(1).max(255)).min(1) }),
]);

const rule = z.strictObject({
  if: text,
  when: z.enum(["on_success", "on_failure", "always", "manual", "never"]).optional(),
  allow_failure: allowFailure.optional(),
});

const cache = z.strictObject({
  key: z.strictObject({ files: texts.max(2), prefix: text }),
  paths: texts,
});

const artifacts = z.strictObject({
  // Without it everybody who sees the project may read them, guests too.
  access: z.enum(["developer", "none"]),
  expire_in: text,
  paths: texts.optional(),
  reports: z.strictObject({ dotenv: text.optional(), terraform: text.optional() }).optional(),
});

const environment = z.strictObject({
  name: text,
  url: text.optional(),
  action: z.enum(["start", "prepare", "stop", "verify", "access"]).optional(),
  deployment_tier: z.enum(["production", "staging", "testing", "development", "other"]).optional(),
});

/** Only what the runner is to blame for: what failed in a script fails again. */
const retry = z.strictObject({
  max: z.int().min(0).max(2),
  when: z.array(z.enum(["runner_system_failure", "scheduler_failure", "stuck_or_timeout_failure"])).min(1),
});

const need = z.union([
  text,
  z.strictObject({ job: text, optional: z.boolean().optional(), artifacts: z.boolean().optional() }),
]);

const jobKeys = {
  extends: text.optional(),
  stage: text.optional(),
  image: text.optional(),
  tags: z.union([text, z.array(text)]).optional(),
  variables: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()).optional(),
  cache: z.array(cache).max(4).optional(),
  before_script: texts.optional(),
  script: texts.optional(),
  needs: z.array(need).optional(),
  rules: z.array(rule).min(1).optional(),
  allow_failure: allowFailure.optional(),
  artifacts: artifacts.optional(),
  environment: environment.optional(),
  resource_group: text.optional(),
  interruptible: z.boolean().optional(),
  retry: retry.optional(),
};

const hidden = z.strictObject(jobKeys);
const job = z.strictObject({ ...jobKeys, script: texts, rules: z.array(rule).min(1) });

/** The content of a file: jobs, and in the main file what is the project's alone. */
export const configuration = z
  .object({
    include: z
      .array(z.strictObject({ local: text, inputs: z.record(z.string(), z.unknown()).optional() }))
      .optional(),
    stages: texts.optional(),
    workflow: z
      .strictObject({
        auto_cancel: z
          .strictObject({ on_new_commit: z.enum(["conservative", "interruptible", "none"]) })
          .optional(),
        rules: z.array(z.strictObject({ if: text, when: z.enum(["always", "never"]).optional() })).min(1),
      })
      .optional(),
  })
  .catchall(z.unknown())
  .transform(({ include, stages, workflow, ...jobs }, context) => {
    const parsed: Record<string, z.infer<typeof hidden>> = {};
    for (const [name, value] of Object.entries(jobs)) {
      const result = (name.startsWith(".") ? hidden : job).safeParse(value);
      if (result.success) parsed[name] = result.data;
      else
        for (const { path, message } of result.error.issues)
          context.addIssue({ code: "custom", message, path: [name, ...path] });
    }
    return { include, stages, workflow, jobs: parsed };
  });
