/** What the operator says of the fleet: which encoders there are, and how many of them one job may have. */
import { encoderUrls } from "../dispatch/url-encoders.ts";
import type { FleetPool } from "../domain/fleet/fleet-encoders.ts";

/** More than any account of Cloudflare or any hall of machines that one object could hand out. */
const MAX_ENCODERS = 1_000;

export type FleetSettings = {
  pool: FleetPool;
  /** How many encoders a job with `ultrafast` may have at once. */
  ultrafastEncoders: number;
};

/**
 * The encoders that jobs share are those of `ENCODER_URLS`, or as many containers as `FLEET_ENCODERS` says.
 *
 * @throws Error with a sentence for the operator.
 */
export function fleetSettings(
  env: Pick<Env, "ENCODER_URLS" | "FLEET_ENCODERS" | "ULTRAFAST_ENCODERS">,
): FleetSettings {
  const names = encoderUrls(env.ENCODER_URLS).map((_, index) => String(index));
  const count = encoderCount("FLEET_ENCODERS", env.FLEET_ENCODERS);
  return {
    pool: names.length > 0 ? { type: "named", names } : { type: "counted", count },
    ultrafastEncoders: encoderCount("ULTRAFAST_ENCODERS", env.ULTRAFAST_ENCODERS),
  };
}

function encoderCount(name: string, text: string | undefined): number {
  const value = (text ?? "").trim();
  const count = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > MAX_ENCODERS) {
    throw new Error(
      `${name} is ${JSON.stringify(value)}; it must be a whole number from 1 to ${MAX_ENCODERS}. ` +
        "Set it in [vars] of wrangler.toml; its default is 8.",
    );
  }
  return count;
}
