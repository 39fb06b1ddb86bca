import { describe, expect, it } from "vitest";
import { createPacketReader } from "../../../../../encoder/ffmpeg/chunk/packet-list.ts";

function read(...lines: string[]) {
  const reader = createPacketReader();
  lines.forEach(reader.onLine);
  return reader.finish();
}

describe("createPacketReader", () => {
  it("sorts times by showing and remembers that they were stored in order", () => {
    const list = read(
      "packet|pts=20|dts=-10",
      "packet|pts=40|dts=0",
      "packet|pts=30|dts=10",
      "stream|time_base=1/30000|extradata_hash=SHA256:ab",
    );
    expect([...list.ptsTicks]).toEqual([20, 30, 40]);
    expect(list.isStoredInOrder).toBe(true);
    expect(list.extradataHash).toBe("SHA256:ab");
    expect(list.secondsPerTick).toBe(1 / 30_000);
  });

  it.each([
    ["stored at one time", ["packet|pts=20|dts=0", "packet|pts=40|dts=0"]],
    ["shown before it is stored", ["packet|pts=20|dts=30"]],
    ["without a time", ["packet|pts=20|dts=0", "packet|pts=N/A|dts=10"]],
  ])("notices a packet that is %s", (_, lines) => {
    expect(read(...lines).isStoredInOrder).toBe(false);
  });

  it("has no headers where ffprobe prints none", () => {
    const list = read("packet|pts=20|dts=0", "stream|");
    expect([list.extradataHash, list.secondsPerTick]).toEqual(["", null]);
  });
});
