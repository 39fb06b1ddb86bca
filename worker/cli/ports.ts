/** Loopback ports: is one free, which ones are. */
import { createServer, type Server } from "node:net";
import { CliError } from "./cli-error.ts";

/** Where the API listens unless told otherwise; wrangler's own default. */
export const DEFAULT_PORT = 8787;

export const MAX_PORT = 65_535;

/** The only address that the local service listens at. */
export const LOOPBACK = "127.0.0.1";

/** @throws CliError with what to do when something listens at the port already. */
export async function claimPort(port: number): Promise<number> {
  try {
    const server = await listen(port);
    const claimed = portOf(server);
    await close(server);
    return claimed;
  } catch (error) {
    throw new CliError(portProblem(port, error), { cause: error });
  }
}

/** Distinct free ports: all are held at once, then let go. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

function portProblem(port: number, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is in use: stop what listens there, or choose another with --port.`;
    case "EACCES":
      return `Port ${port} may not be used by this account: choose one above 1023 with --port.`;
    default:
      return `Port ${port} cannot be used: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, LOOPBACK, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
