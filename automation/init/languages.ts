import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What an app is written in, by the files that its folder has. */
export interface Language {
  readonly name: string;
  /** How it is known, for people. */
  readonly sign: string;
  /** Where its servers listen by custom. */
  readonly port: number;
  /** A Dockerfile to begin with: its base comes through Nexus, as `BASE_IMAGE`. */
  readonly dockerfile: string;
}

type Known = Language & { readonly isThere: (folder: string) => boolean };

const has =
  (...files: readonly string[]) =>
  (folder: string) =>
    files.some((file) => existsSync(join(folder, file)));

/** The first that fits is it: Rails and Django have a package.json besides, for their assets. */
const LANGUAGES: readonly Known[] = [
  {
    name: "Django",
    sign: "manage.py",
    port: 8000,
    isThere: has("manage.py"),
    dockerfile: python('CMD ["gunicorn", "--bind", "0.0.0.0:8000", "YOUR_PROJECT.wsgi"]'),
  },
  {
    name: "Rails",
    sign: "config/application.rb",
    port: 3000,
    isThere: has("config/application.rb"),
    dockerfile: `ARG BASE_IMAGE=ruby:3.3-slim
FROM \${BASE_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends build-essential libyaml-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV RAILS_ENV=production
COPY Gemfile Gemfile.lock ./
RUN bundle install
COPY . .
EXPOSE 3000
CMD ["bin/rails", "server", "--binding", "0.0.0.0"]
`,
  },
  {
    name: "Go",
    sign: "go.mod",
    port: 8080,
    isThere: has("go.mod"),
    dockerfile: `ARG BUILDER=golang:1.24
ARG BASE_IMAGE=debian:bookworm-slim
FROM \${BUILDER} AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /app .
FROM \${BASE_IMAGE}
COPY --from=build /app /app
EXPOSE 8080
CMD ["/app"]
`,
  },
  {
    name: "Java with Maven",
    sign: "pom.xml",
    port: 8080,
    isThere: has("pom.xml"),
    dockerfile: `ARG BUILDER=maven:3.9-eclipse-temurin-21
ARG BASE_IMAGE=eclipse-temurin:21-jre
FROM \${BUILDER} AS build
WORKDIR /src
COPY . .
RUN mvn --batch-mode package
FROM \${BASE_IMAGE}
COPY --from=build /src/target/*.jar /app.jar
EXPOSE 8080
CMD ["java", "-jar", "/app.jar"]
`,
  },
  {
    name: "PHP",
    sign: "composer.json, or .php files",
    port: 80,
    isThere: (folder) =>
      has("composer.json")(folder) || readdirSync(folder).some((file) => file.endsWith(".php")),
    dockerfile: `ARG BASE_IMAGE=php:8.3-apache
FROM \${BASE_IMAGE}
COPY . /var/www/html/
EXPOSE 80
`,
  },
  {
    name: "Python",
    sign: "requirements.txt, or pyproject.toml",
    port: 8000,
    isThere: has("requirements.txt", "pyproject.toml"),
    dockerfile: python('CMD ["python", "main.py"]'),
  },
  {
    name: "Node",
    sign: "package.json",
    port: 3000,
    isThere: has("package.json"),
    dockerfile: `ARG BASE_IMAGE=node:22-slim
FROM \${BASE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production
COPY package*.json ./
RUN npm ci --omit=dev
COPY . .
EXPOSE 3000
CMD ["npm", "start"]
`,
  },
];

function python(command: string): string {
  return `ARG BASE_IMAGE=python:3.12-slim
FROM \${BASE_IMAGE}
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
EXPOSE 8000
${command}
`;
}

/** Undefined where nothing tells. */
export function languageOf(folder: string): Language | undefined {
  return LANGUAGES.find(({ isThere }) => isThere(folder));
}
