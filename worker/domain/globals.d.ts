/**
 * The one Web API that the pure domain needs: the WHATWG URL parser, which has no I/O. The folder compiles
 * without DOM and Node types so that anything else, such as `fetch`, is a compile error.
 * The rest of worker/ leaves this file out: its runtime types bring the full declaration.
 */
interface URL {
  readonly protocol: string;
  readonly hostname: string;
  readonly host: string;
  readonly pathname: string;
  readonly href: string;
  readonly origin: string;
  username: string;
  password: string;
  search: string;
  hash: string;
}

declare var URL: {
  parse(url: string): URL | null;
};
