/**
 * The events of a Matroska file that FFmpeg wrote for `subtitleArgs`. Only what such a file holds is read: one track,
 * no lacing, times in milliseconds.
 * @see https://www.rfc-editor.org/rfc/rfc9559
 */

/** `payload` is a line of ASS as Matroska stores it, in UTF-8. */
export type TextEvent = {
  startMs: number;
  /** Null where it is not known. */
  durationMs: number | null;
  payload: Uint8Array;
};

/** Element ids, with their length marker. */
const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const CLUSTER_TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const BLOCK_DURATION = 0x9b;

type Element = { id: number; body: Uint8Array };

/** In the order of the file. A file that is cut off gives what is whole in it. */
export function readEvents(file: Uint8Array): TextEvent[] {
  const events: TextEvent[] = [];
  for (const segment of elementsOf(file, SEGMENT)) {
    for (const cluster of elementsOf(segment, CLUSTER)) {
      readCluster(cluster, events);
    }
  }
  return events;
}

function readCluster(cluster: Uint8Array, events: TextEvent[]): void {
  let clusterMs = 0;
  for (const { id, body } of readElements(cluster)) {
    if (id === CLUSTER_TIMESTAMP) {
      clusterMs = readUnsigned(body);
    } else if (id === SIMPLE_BLOCK) {
      addBlock(body, { clusterMs, durationMs: null }, events);
    } else if (id === BLOCK_GROUP) {
      const [duration] = elementsOf(body, BLOCK_DURATION);
      const durationMs = duration === undefined ? null : readUnsigned(duration);
      for (const block of elementsOf(body, BLOCK)) {
        addBlock(block, { clusterMs, durationMs }, events);
      }
    }
  }
}

/** One byte of track number, two of time within the cluster, one of flags. */
const BLOCK_HEADER_BYTES = 4;

function addBlock(
  block: Uint8Array,
  { clusterMs, durationMs }: { clusterMs: number; durationMs: number | null },
  events: TextEvent[],
): void {
  if (block.length < BLOCK_HEADER_BYTES) {
    return;
  }
  const relativeMs = new DataView(block.buffer, block.byteOffset).getInt16(1);
  events.push({ startMs: clusterMs + relativeMs, durationMs, payload: block.subarray(BLOCK_HEADER_BYTES) });
}

function elementsOf(parent: Uint8Array, id: number): Uint8Array[] {
  return readElements(parent)
    .filter((element) => element.id === id)
    .map(({ body }) => body);
}

function readElements(parent: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < parent.length;) {
    const id = readVariable(parent, at, { keepsMarker: true });
    const size = id && readVariable(parent, id.end, { keepsMarker: false });
    if (!id || !size) {
      break;
    }
    // The last one of a file that is cut off, or one of unknown size, reaches to the end.
    const end = Math.min(parent.length, size.end + size.value);
    elements.push({ id: id.value, body: parent.subarray(size.end, end) });
    at = end;
  }
  return elements;
}

/** A number whose first byte says by its leading zeros how long it is. Null where none fits. */
function readVariable(
  bytes: Uint8Array,
  at: number,
  { keepsMarker }: { keepsMarker: boolean },
): { value: number; end: number } | null {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (first === 0 || at + length > bytes.length) {
    return null;
  }
  const head = keepsMarker ? first : first & (0xff >> length);
  return { value: readUnsigned(bytes.subarray(at + 1, at + length), head), end: at + length };
}

function readUnsigned(bytes: Uint8Array, head = 0): number {
  return bytes.reduce((value, byte) => value * 256 + byte, head);
}
