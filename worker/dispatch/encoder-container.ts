/**
 * The encoder as a Cloudflare Container: settings only. The job's own object is another class, because this
 * one's alarm belongs to the container.
 */
import { Container } from "@cloudflare/containers";
import { Hono } from "hono";
import { gateway } from "../gateway/gateway.ts";
import { GATEWAY_HOST } from "./gateway-host.ts";

export class EncoderContainer extends Container<Env> {
  override defaultPort = 8080;
  /** An open poll keeps the container awake; this is for one that nobody talks to any more. */
  override sleepAfter = "2m";
  /** It fetches customers' sources and uploads to customers' buckets. */
  override enableInternet = true;
}

// Work files and hosted outputs take no public hop: requests to this host are answered by the gateway here.
const internalGateway = new Hono<{ Bindings: Env }>().route("/s3", gateway);
EncoderContainer.outboundByHost = {
  [GATEWAY_HOST]: (request, env) => internalGateway.fetch(request, env),
};
