/** Encoders as Cloudflare Containers: started on demand; the fleet names them by job, so jobs never share a VM. */
import { getContainer } from "@cloudflare/containers";
import { answerWithin } from "../time-limit.ts";
import type { EncoderContainer } from "./encoder-container.ts";
import type { EncoderPort } from "./encoder-port.ts";
import { GATEWAY_HOST } from "./gateway-host.ts";

/** Cold starts take 2-3 s as a rule and were seen to take far longer; asking the next one would start that too. */
const ANSWER_WITHIN_MS = 60_000;

/** Far longer than it takes; a job does not stand still for a container that will not stop. */
const STOP_WITHIN_MS = 20_000;

export function containerEncoders(namespace: DurableObjectNamespace<EncoderContainer>): EncoderPort {
  return {
    answerWithinMs: ANSWER_WITHIN_MS,
    // A name is a place, not a machine: after a loss the next request starts a new instance under it.
    fetch: (name, path, init) =>
      getContainer(namespace, name).fetch(new Request(`http://encoder${path}`, init)),
    release: (name) => answerWithin(STOP_WITHIN_MS, () => getContainer(namespace, name).destroy()),
    gatewayOrigin: () => `http://${GATEWAY_HOST}`,
  };
}
