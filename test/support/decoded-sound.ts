/** The sound of a copied package as FFmpeg decodes it, against a source that is one tone. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { TRANSPORT_OFFSET_SECONDS } from "../../encoder/contract/stream.ts";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { largestBreak } from "./make-clip.ts";
import type { MirroredPackage } from "./mirror-package.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

/** Samples that a packet of AAC-LC holds. */
const PACKET_SAMPLES = 1024;

type DecodedSound = {
  /** Mono, as they come out of the decoder: none is added for a hole, none is left out for an overlap. */
  samples: Float32Array;
  rateHz: number;
  /** Times of all packets, in order. */
  packetSeconds: number[];
};

type Tone = {
  toneHz: number;
  /** From the first sample on. */
  seconds: number;
  /** Of the package: those with sound. */
  playlistCount: number;
};

/** Fails unless every sound of the package is the source's: no sample lost, doubled, or later than it was. */
export async function expectSourceSound(
  copy: MirroredPackage | undefined,
  { toneHz, seconds, playlistCount }: Tone,
): Promise<void> {
  const isTransport = copy?.files.some((name) => name.endsWith(".ts")) ?? false;
  const startSeconds = isTransport ? TRANSPORT_OFFSET_SECONDS : 0;
  const playlists = heardPlaylists(copy);
  expect(playlists).toHaveLength(playlistCount);
  await Promise.all(
    playlists.map(async (playlist) => {
      const sound = await decodeSound(join(copy?.directory ?? "", playlist));
      expectSameSound(sound, { playlist, startSeconds, seconds, toneHz });
    }),
  );
}

type Expected = { playlist: string; startSeconds: number; seconds: number; toneHz: number };

function expectSameSound(sound: DecodedSound, expected: Expected): void {
  const { playlist, startSeconds, seconds, toneHz } = expected;
  const { samples, rateHz, packetSeconds } = sound;
  // Whole packets, of the source and of the stream: the last one of each may be longer than the tone.
  const surplus = samples.length - seconds * rateHz;
  expect.soft(surplus, playlist).toBeGreaterThanOrEqual(0);
  expect.soft(surplus, playlist).toBeLessThan(2 * PACKET_SAMPLES);
  // The encoder's priming is dropped, so that the first packet is due at zero and has the first sample.
  expect.soft(packetSeconds[0], playlist).toBeCloseTo(startSeconds, 4);
  expect.soft(Math.abs(lateSeconds(sound, toneHz)), playlist).toBeLessThan(1 / rateHz);
  const steps = packetSeconds.slice(1).map((at, index) => at - (packetSeconds[index] ?? 0));
  const unevenness = Math.max(...steps.map((step) => Math.abs(step - PACKET_SAMPLES / rateHz)));
  expect.soft(unevenness, playlist).toBeLessThan(1e-4);
  // Measured at 48 kHz, where the same samples are a tone of another pitch.
  expect.soft(largestBreak(samples, (toneHz * 48_000) / rateHz), playlist).toBeLessThan(0.01);
}

/** Media playlists with sound: of transport streams every one, of fragmented MP4 those of its own tracks. */
function heardPlaylists(copy: MirroredPackage | undefined): string[] {
  const names = (copy?.files ?? []).filter((name) => name.endsWith("/stream.m3u8"));
  return names.filter((name) => !name.startsWith("video/"));
}

/** The sound behind a media playlist. */
async function decodeSound(path: string): Promise<DecodedSound> {
  const input = ["-v", "error", "-allowed_extensions", "ALL", "-i", path];
  const raw = ["-map", "0:a:0", "-ac", "1", "-f", "f32le", "-"];
  const options = { encoding: "buffer", maxBuffer: 1 << 28 } as const;
  const { stdout: bytes, stderr } = await execute(tools.ffmpegPath, [...input, ...raw], options);
  expect(stderr.toString()).toBe("");
  const entries = "packet=pts_time:stream=sample_rate";
  const probe = [...input, "-select_streams", "a:0", "-show_entries", entries, "-of", "json"];
  const probed = await execute(tools.ffprobePath, probe, { maxBuffer: 1 << 26 });
  // SAFETY: ffprobe's own JSON.
  const { packets, streams } = JSON.parse(probed.stdout) as {
    packets: { pts_time: string }[];
    streams: { sample_rate: string }[];
  };
  return {
    samples: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
    rateHz: Number(streams[0]?.sample_rate),
    packetSeconds: packets.map(({ pts_time: time }) => Number(time)),
  };
}

/**
 * How much later than a sine that begins with the first sample this one is, in seconds, less than half a turn of it either
 * way. Taken from the second second on, when the encoder's fade is over, for one second.
 */
function lateSeconds({ samples, rateHz }: DecodedSound, frequencyHz: number): number {
  const turn = (2 * Math.PI * frequencyHz) / rateHz;
  let [inPhase, beside] = [0, 0];
  for (let index = rateHz; index < 2 * rateHz; index += 1) {
    const sample = samples[index] ?? 0;
    inPhase += sample * Math.sin(turn * index);
    beside += sample * Math.cos(turn * index);
  }
  return Math.atan2(-beside, inPhase) / (2 * Math.PI * frequencyHz);
}
