/** Chooses how encoders are reached: by URL where any is configured, as containers otherwise. */
import { containerEncoders } from "./container-encoders.ts";
import type { EncoderPort } from "./encoder-port.ts";
import { urlEncoders } from "./url-encoders.ts";

export function openEncoders(env: Env): EncoderPort {
  return env.ENCODER_URLS === ""
    ? containerEncoders(env.ENCODERS)
    : urlEncoders(env.ENCODER_URLS, env.ENCODER_TOKEN);
}
