/**
 * The sound that a player hands to the browser, decoded by the browser: what is heard when no clock interferes. A player
 * hands over each piece once as long as nobody seeks or switches.
 */
import type { HeardSound } from "../page-player.ts";

const SAMPLE_RATE_HZ = 48_000;
/** The encoder's fade at either end. */
const EDGE_SAMPLES = SAMPLE_RATE_HZ / 10;
const QUIET_SHARE = 1 / 20;

type Appended = { buffer: SourceBuffer; pieces: Uint8Array<ArrayBuffer>[] };

/** From now on everything is kept that goes into audio buffers. */
export function recordSound(): { decode: () => Promise<HeardSound> } {
  const sounds: Appended[] = [];
  // oxlint-disable-next-line typescript/unbound-method -- called on its own object below
  const { addSourceBuffer } = MediaSource.prototype;
  MediaSource.prototype.addSourceBuffer = function add(type) {
    // oxlint-disable-next-line typescript/no-this-alias -- kept to be asked for its state later
    const buffer = addSourceBuffer.call(this, type);
    if (type.startsWith("audio/")) {
      sounds.push({ buffer, pieces: [] });
    }
    return buffer;
  };
  // oxlint-disable-next-line typescript/unbound-method -- called on its own object below
  const { appendBuffer } = SourceBuffer.prototype;
  SourceBuffer.prototype.appendBuffer = function append(data) {
    const view = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    // Players hand the same memory over to others afterwards.
    sounds.find(({ buffer }) => buffer === this)?.pieces.push(new Uint8Array(view));
    appendBuffer.call(this, data);
  };
  return { decode: async () => decode(sounds) };
}

async function decode(sounds: readonly Appended[]): Promise<HeardSound> {
  const [sound] = sounds;
  if (sound === undefined || sounds.length > 1) {
    throw new Error(`The player made ${sounds.length} audio buffers.`);
  }
  const file = await new Blob(sound.pieces).arrayBuffer();
  const context = new OfflineAudioContext({ length: 1, sampleRate: SAMPLE_RATE_HZ });
  const samples = (await context.decodeAudioData(file)).getChannelData(0);
  const { buffered } = sound.buffer;
  const frequencyHz = frequencyOf(samples);
  return {
    decodedSeconds: samples.length / SAMPLE_RATE_HZ,
    bufferedSeconds: buffered.end(buffered.length - 1) - buffered.start(0),
    frequencyHz,
    ...judge(samples, frequencyHz),
  };
}

/** By the number of times that the wave rises through zero. */
function frequencyOf(samples: Float32Array): number {
  let rises = 0;
  for (let index = EDGE_SAMPLES; index < samples.length - EDGE_SAMPLES; index++) {
    rises += (samples[index - 1] ?? 0) < 0 && (samples[index] ?? 0) >= 0 ? 1 : 0;
  }
  return (rises * SAMPLE_RATE_HZ) / (samples.length - 2 * EDGE_SAMPLES);
}

function judge(
  samples: Float32Array,
  frequencyHz: number,
): Pick<HeardSound, "longestSilenceSeconds" | "largestBreak"> {
  const last = samples.length - EDGE_SAMPLES;
  const amplitude = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  const turn = 2 * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
  let [silence, longest, largest] = [0, 0, 0];
  for (let index = EDGE_SAMPLES; index < last; index++) {
    const sample = samples[index] ?? 0;
    silence = Math.abs(sample) < amplitude * QUIET_SHARE ? silence + 1 : 0;
    longest = Math.max(longest, silence);
    // A sine follows from its last two samples.
    const due = turn * (samples[index - 1] ?? 0) - (samples[index - 2] ?? 0);
    largest = Math.max(largest, Math.abs(sample - due));
  }
  return { longestSilenceSeconds: longest / SAMPLE_RATE_HZ, largestBreak: largest / amplitude };
}
