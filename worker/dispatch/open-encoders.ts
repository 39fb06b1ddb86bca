/** Chooses how encoders are reached: by URL where any is configured, as containers otherwise. */
import { containerEncoders } from "./container-encoders.ts";
import type { EncoderPort } from "./encoder-port.ts";
import { encoderUrls, urlEncoders } from "./url-encoders.ts";

export function openEncoders(env: Env): EncoderPort {
  const urls = encoderUrls(env.ENCODER_URLS);
  return urls.length === 0 ? containerEncoders(env.ENCODERS) : urlEncoders(urls, env.ENCODER_TOKEN);
}
