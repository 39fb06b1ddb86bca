/** Asks the service's own HTTP servers whether they answer. Loopback only. */

/** One look takes this long at most; the first one makes workerd compile the Worker. */
const HEALTH_TIMEOUT_MS = 5_000;

/** True when `GET <url>/health` answers 200 now. Never throws. */
export async function isHealthy(url: string, token?: string): Promise<boolean> {
  return (
    (await statusOf(`${url}/health`, token === undefined ? {} : { authorization: `Bearer ${token}` })) === 200
  );
}

/**
 * The status that an authenticated read of an invented job gets: 404 when the key counts, 401 when it does not.
 * Null when nothing answers.
 */
export async function keyProbeStatus(url: string, key: string): Promise<number | null> {
  // Not the shape of an id, so no job object is woken for it.
  return statusOf(`${url}/v2/jobs/-`, basicAuth(key));
}

/** True when what answers at the URL says that it is a Copra. Never throws. */
export async function isCopra(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null && "service" in body && body.service === "copra";
  } catch {
    return false;
  }
}

/** Basic authentication as Coconut wants it: the key is the user name, the password is empty. */
export function basicAuth(key: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` };
}

async function statusOf(url: string, headers: Record<string, string>): Promise<number | null> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
