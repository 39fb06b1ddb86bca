/**
 * The one Durable Object that all jobs ask for encoders. Calls go from jobs to here, never back, so nothing can wait
 * for itself. It has no alarm: leases end when somebody asks the next time.
 */
import { DurableObject } from "cloudflare:workers";
import { decideFleet, type FleetReply, type FleetRequest } from "../domain/fleet/fleet.ts";
import type { FleetState } from "../domain/fleet/fleet-encoders.ts";
import { log } from "../log.ts";
import { fleetSettings } from "./fleet-settings.ts";
import { openFleetStore, type FleetStore } from "./fleet-store.ts";

/** The name of the object. */
const FLEET_NAME = "fleet";

export class FleetObject extends DurableObject<Env> {
  readonly #store: FleetStore;
  #state: FleetState | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = openFleetStore(ctx.storage.sql);
  }

  /**
   * Ticket, renewal and answer in one. Safe to repeat.
   *
   * @throws Error with a sentence for the operator when the settings are wrong.
   */
  acquire(request: FleetRequest): FleetReply {
    const { pool } = fleetSettings(this.env);
    const previous = this.#load();
    return this.ctx.storage.transactionSync(() => {
      const { state, reply } = decideFleet(previous, request, pool, Date.now());
      this.#store.save(previous, state);
      logGrants(previous, state);
      this.#state = state;
      return reply;
    });
  }

  #load(): FleetState {
    if (this.#state === null) {
      this.#store.createSchema();
      this.#state = this.#store.load();
    }
    return this.#state;
  }
}

/** The fleet that all jobs share. */
export function findFleet(env: Env): DurableObjectStub<FleetObject> {
  return env.FLEET.getByName(FLEET_NAME);
}

/** One line per change of hands. */
function logGrants(previous: FleetState, state: FleetState): void {
  const before = new Map(previous.encoders.map(({ name, jobId }) => [name, jobId]));
  for (const { name, jobId } of state.encoders) {
    if ((before.get(name) ?? null) !== jobId) {
      log("info", "fleet.grant", { encoder: name, job: jobId });
    }
  }
}
