/** Request bodies as clients send them, and the refusal that a broken one gets. */
import { AppError } from "../../worker/domain/app-error.ts";
import { parseJobRequest, type RequestOptions } from "../../worker/schemas/job-request.ts";
import { newProblems, type Problems } from "../../worker/schemas/problems.ts";

type Body = Record<string, unknown>;

/** Private addresses are out of reach. Random bytes are not random here, but differ from each other. */
export function inProduction(): RequestOptions {
  let made = 0;
  return {
    allowPrivateNetwork: false,
    randomHex: (byteLength) => {
      made += 1;
      return made.toString(16).padStart(2, "0").repeat(byteLength);
    },
  };
}

/** A complete body for Amazon S3; sections are replaced whole. */
export function aBody(overrides: Body = {}): Body {
  return {
    input: { url: "https://media.example.com/source.mp4" },
    storage: anS3Storage(),
    notification: { type: "http", url: "https://app.example.com/webhook" },
    outputs: { mp4: { path: "/video.mp4" } },
    ...overrides,
  };
}

export function anS3Storage(overrides: Body = {}): Body {
  return {
    service: "s3",
    region: "us-east-1",
    bucket: "mybucket",
    credentials: { access_key_id: "AKIAEXAMPLE", secret_access_key: "s3cr3t-canary" },
    ...overrides,
  };
}

export function anS3OtherStorage(overrides: Body = {}): Body {
  return {
    service: "s3other",
    endpoint: "https://objects.example.com",
    bucket: "mybucket",
    credentials: { access_key_id: "AKIAEXAMPLE", secret_access_key: "s3cr3t-canary" },
    ...overrides,
  };
}

/** What a parser of one section gives; throws its refusal when there are problems. */
export function parsed<Result>(parse: (problems: Problems) => Result | null): Result {
  const problems = newProblems();
  const result = parse(problems);
  if (result === null || problems.count() > 0) {
    throw problems.refusal();
  }
  return result;
}

/** The AppError that `act` throws; anything else fails the test. */
export function refusalOf(act: () => unknown): AppError {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) {
      return error;
    }
    throw error;
  }
  throw new Error("nothing was refused");
}

/** What a body is refused with in production. */
export function refusalOfBody(body: unknown): AppError {
  return refusalOf(() => parseJobRequest(body, inProduction()));
}
