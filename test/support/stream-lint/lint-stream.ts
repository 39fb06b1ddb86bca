/** The linter of streams: every package of one stream, and whether they are the same stream. */
import { collectFindings, type Finding, remember, type StreamSource } from "./finding.ts";
import { type DashFacts, lintDash } from "./lint-dash.ts";
import { type HlsFacts, lintHls } from "./lint-hls.ts";

export type StreamAddresses = {
  hls?: string;
  dash?: string;
  /** HLS over the media of `dash`. */
  hlsfmp4?: string;
};

export type LintResult = {
  findings: Finding[];
  hls: HlsFacts | null;
  dash: DashFacts | null;
  hlsfmp4: HlsFacts | null;
};

/** Reads everything that the manifests lead to. `isOpen` expects playlists that still grow. */
export async function lintStream(
  addresses: StreamAddresses,
  from: StreamSource,
  { isOpen = false }: { isOpen?: boolean } = {},
): Promise<LintResult> {
  const findings = collectFindings();
  const source = remember(from);
  const hls = addresses.hls ? await lintHls(addresses.hls, source, findings, isOpen) : null;
  const dash = addresses.dash ? await lintDash(addresses.dash, source, findings) : null;
  const hlsfmp4 = addresses.hlsfmp4 ? await lintHls(addresses.hlsfmp4, source, findings, isOpen) : null;
  if (dash && hlsfmp4) {
    const files = [dashFiles(dash), hlsFiles(hlsfmp4)].map((urls) => [...urls].toSorted().join("\n"));
    findings.check(
      files[0] === files[1],
      "cross-files",
      addresses.dash ?? "",
      "HLS names other files than DASH",
    );
    compareTimes(dash, hlsfmp4, findings.check);
  }
  return { findings: findings.list, hls, dash, hlsfmp4 };
}

/** Only what is not mere advice. */
export function errorsOf({ findings }: LintResult): Finding[] {
  return findings.filter(({ level }) => level === "error");
}

function dashFiles({ tracks }: DashFacts): Set<string> {
  return new Set(
    tracks.flatMap(({ representation }) => [
      representation.initUrl ?? "",
      ...representation.segments.map(({ url }) => url),
    ]),
  );
}

function hlsFiles({ tracks }: HlsFacts): Set<string> {
  const segments = [...tracks.values()].flatMap(({ playlist }) => playlist.segments);
  return new Set(segments.flatMap(({ url, mapUrl }) => [url, mapUrl ?? ""]));
}

/** EXTINF is as long as the same file in the MPD, within its rounding to the microsecond. */
function compareTimes(
  { tracks }: DashFacts,
  hls: HlsFacts,
  check: ReturnType<typeof collectFindings>["check"],
): void {
  const lengths = new Map(
    tracks.flatMap(({ representation: { segments, timescale } }) =>
      segments.map(({ url, durationTicks }) => [url, durationTicks / timescale] as const),
    ),
  );
  for (const { playlist } of hls.tracks.values()) {
    for (const { url, durationSeconds } of playlist.segments) {
      const other = lengths.get(url) ?? NaN;
      const isSame = Math.abs(other - durationSeconds) <= 2e-6;
      check(isSame, "cross-times", url, `lasts ${durationSeconds} s in HLS, ${other} s in DASH`);
    }
  }
}
