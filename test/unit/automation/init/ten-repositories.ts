// biome-ignore-all lint/suspicious/noTemplateCurlyInString: as Dockerfiles and compose files have them
import type { Files } from "./repositories";

/** What is expected of a repository's settings: the stack dev's apps, and where the Pulumi project is. */
export interface Expected {
  readonly folder: "." | "deploy";
  readonly apps: Readonly<Record<string, object>>;
  /** Words of the pipeline's include. */
  readonly pipeline: RegExp;
}

export interface Shape {
  readonly files: Files;
  /** None where there is no remote. */
  readonly remote: string | undefined;
  readonly expected: Expected;
}

const GITLAB = "git@gitlab.example.com:team/shop.git";
const served = { publish: 8080, servers: ["main"] };
const IN_DEPLOY = /folder: deploy\//;

/** Ten repositories as people have them. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  Django: {
    remote: "https://gitlab.example.com/team/shop.git",
    files: {
      "manage.py": "",
      "requirements.txt": "Django\n",
      Dockerfile:
        "ARG BASE_IMAGE=python:3.12-slim\nFROM ${BASE_IMAGE}\nCOPY requirements.txt .\nCOPY . .\nEXPOSE 8000\nHEALTHCHECK CMD true\n",
      ".gitignore": "*.pyc\n",
    },
    expected: {
      folder: "deploy",
      apps: { shop: { build: { context: "..", base: "library/python:3.12-slim" }, port: 8000, ...served } },
      pipeline: IN_DEPLOY,
    },
  },
  Rails: {
    remote: GITLAB,
    files: {
      "config/application.rb": "",
      Gemfile: "",
      "Gemfile.lock": "",
      Dockerfile: "FROM ruby:3.3\nCOPY Gemfile Gemfile.lock ./\nEXPOSE 3000\n",
    },
    expected: {
      folder: "deploy",
      apps: { shop: { build: { context: ".." }, port: 3000, ...served } },
      pipeline: IN_DEPLOY,
    },
  },
  "Node with pnpm": {
    remote: GITLAB,
    files: {
      "package.json":
        '{\n  "name": "shop",\n  "scripts": { "test": "vitest run", "lint": "eslint ." },\n  "devDependencies": {\n    "vitest": "^3.0.0"\n  }\n}\n',
      "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
      ".gitignore": "node_modules\ndist\n",
      Dockerfile:
        "ARG NODE=node:22-slim\nFROM $NODE\nCOPY package.json pnpm-lock.yaml ./\nENV PORT=4000\nEXPOSE $PORT\n",
    },
    expected: {
      folder: ".",
      apps: {
        shop: { build: { context: ".", bases: { NODE: "library/node:22-slim" } }, port: 4000, ...served },
      },
      pipeline:
        /install: corepack enable && pnpm install --frozen-lockfile\n +check: pnpm run lint .*\n +test: pnpm run test/,
    },
  },
  "Go in several stages": {
    remote: "ssh://git@gitlab.example.com:2222/team/shop.git",
    files: {
      "go.mod": "module shop\n",
      "main.go": "package main\n",
      "build/Dockerfile":
        "FROM golang:1.24 AS build\nCOPY go.mod main.go ./\nRUN go build -o /shop .\nFROM scratch\nCOPY --from=build /shop /shop\nEXPOSE 9000/tcp\n",
      Dockerfile:
        "ARG BUILDER=golang:1.24\nFROM ${BUILDER} AS build\nCOPY go.mod main.go ./\nFROM scratch\nCOPY --from=build /shop /shop\nEXPOSE 9000/tcp\n",
    },
    expected: {
      folder: "deploy",
      apps: {
        shop: { build: { context: "..", bases: { BUILDER: "library/golang:1.24" } }, port: 9000, ...served },
      },
      pipeline: IN_DEPLOY,
    },
  },
  "Java with Maven": {
    remote: GITLAB,
    files: {
      "pom.xml": "<project/>",
      "src/main/docker/Dockerfile.jvm": "FROM eclipse-temurin:21\n",
      "docker/Dockerfile": "FROM eclipse-temurin:21-jre\nCOPY pom.xml /\n",
    },
    expected: {
      folder: "deploy",
      apps: { shop: { build: { context: "..", dockerfile: "docker/Dockerfile" }, port: 8080, ...served } },
      pipeline: IN_DEPLOY,
    },
  },
  "PHP with nginx": {
    remote: GITLAB,
    files: {
      "public/index.php": "",
      "composer.json": "{}",
      "nginx.conf": "",
      Dockerfile: "FROM nginx:1\nCOPY nginx.conf /etc/nginx/\nCOPY public /srv\nEXPOSE 80 443\n",
    },
    expected: {
      folder: "deploy",
      apps: { shop: { build: { context: ".." }, port: 80, ...served } },
      pipeline: IN_DEPLOY,
    },
  },
  "a monorepo with two apps": {
    remote: GITLAB,
    files: {
      "package.json": '{"private":true,"workspaces":["apps/*"]}',
      "package-lock.json": "{}",
      ".gitignore": "node_modules/\n.ci-cache/\nberth.env\n",
      "apps/web shop/Dockerfile": "FROM node:22\nCOPY package.json apps ./\nEXPOSE 3000\n",
      "apps/api/Dockerfile": "FROM python:3.12\nCOPY main.py ./\nEXPOSE 5000\n",
      "apps/api/main.py": "",
    },
    expected: {
      folder: ".",
      apps: {
        api: { build: { context: "apps/api" }, port: 5000, ...served },
        "web-shop": {
          build: { context: ".", dockerfile: "apps/web shop/Dockerfile" },
          port: 3000,
          publish: 8085,
          servers: ["main"],
        },
      },
      pipeline: /inputs:\n +check: "true"/,
    },
  },
  "one with a compose file": {
    remote: GITLAB,
    files: {
      Dockerfile: "FROM python:3.12\nCOPY . .\n",
      "docker-compose.yml": [
        "services:",
        "  web:",
        "    build: { context: . }",
        '    ports: ["127.0.0.1:${WEB_PORT:-8088}:8000"]',
        "    volumes: [media_files:/app/media, ./:/src]",
        "    environment: [DEBUG=1, SECRET_KEY=hidden-value]",
        '    healthcheck: { test: ["CMD", "python", "healthy.py"] }',
        "  worker: { build: ., command: celery }",
        "  db: { image: postgres:16, environment: { POSTGRES_PASSWORD: hidden-value } }",
        "volumes: { media_files: {} }",
        "",
      ].join("\r\n"),
    },
    expected: {
      folder: "deploy",
      apps: {
        shop: {
          build: { context: ".." },
          port: 8000,
          publish: 8088,
          servers: ["main"],
          volumes: { "media-files": "/app/media" },
          health: { command: ["python", "healthy.py"] },
        },
      },
      pipeline: IN_DEPLOY,
    },
  },
  "one with an existing .gitlab-ci.yml": {
    remote: GITLAB,
    files: {
      Dockerfile: "FROM php:8.3-apache\nCOPY index.php /var/www/html/\nEXPOSE 80\n",
      "index.php": "",
      ".gitlab-ci.yml":
        "# ours\nstages: [build, verify, ship] # in this order\ninclude:\n  - template: Jobs/SAST.gitlab-ci.yml # scans\n\nunit:\n  stage: verify\n  script: [ phpunit ]   # fast\n",
    },
    expected: {
      folder: "deploy",
      apps: { shop: { build: { context: ".." }, port: 80, ...served } },
      pipeline:
        /SAST.gitlab-ci.yml # scans\n {2}- component: \S+\n(.*\n)*? +stage_test: verify\n +stage_deploy: ship\n\nunit:/,
    },
  },
  "one without a git remote": {
    remote: undefined,
    files: {
      Dockerfile: "FROM node:22\nEXPOSE 3000\n",
      "package.json": '{ "name": "shop" }\n',
      ".gitignore": "/node_modules\n",
    },
    expected: {
      folder: ".",
      apps: { shop: { build: { context: "." }, port: 3000, ...served } },
      pipeline: /inputs:\n +check: "true"/,
    },
  },
};
