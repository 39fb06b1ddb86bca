/** Reads DASH manifests (ISO 23009-1) by an XML parser of its own. */
import { DOMParser } from "@xmldom/xmldom";

export type Node = { name: string; attributes: Record<string, string>; children: Node[]; text: string };

type Segment = { startTicks: number; durationTicks: number; url: string };

export type Representation = {
  node: Node;
  id: string;
  initUrl: string | null;
  segments: Segment[];
  /** Of a representation in one file. */
  baseUrl: string | null;
  /** Its segments are named by a template, its own or the set's. */
  hasTemplate: boolean;
  timescale: number;
  /** True where one borders on the next by its own times. */
  isContinuous: boolean;
  attributes: Record<string, string>;
};

export type AdaptationSet = {
  node: Node;
  attributes: Record<string, string>;
  representations: Representation[];
};

export type DashManifest = {
  url: string;
  root: Node;
  durationSeconds: number;
  minBufferSeconds: number;
  sets: AdaptationSet[];
};

/** @throws Error for text that is not well-formed */
function readXml(text: string): Node {
  const complaints: string[] = [];
  const complain = (message: string) => void complaints.push(message);
  const parser = new DOMParser({
    errorHandler: { warning: complain, error: complain, fatalError: complain },
  });
  const document = parser.parseFromString(text, "application/xml");
  if (complaints.length > 0 || !document.documentElement) {
    throw new Error(complaints.join("; ") || "has no element");
  }
  return toNode(document.documentElement);
}

function toNode(element: Element): Node {
  const children = Array.from(element.childNodes).filter((child) => child.nodeType === 1) as Element[];
  const attributes = Array.from(element.attributes).map(({ name, value }) => [name, value] as const);
  return {
    name: element.nodeName,
    attributes: Object.fromEntries(attributes),
    children: children.map(toNode),
    text: (element.textContent ?? "").trim(),
  };
}

export function childrenOf(node: Node, name: string): Node[] {
  return node.children.filter((child) => child.name === name);
}

/** Seconds of an ISO 8601 duration; NaN when it is none. */
function secondsOf(text: string | undefined): number {
  const parts = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text ?? "");
  return parts
    ? Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0)
    : Number.NaN;
}

export function readManifest(text: string, url: string): DashManifest {
  const root = readXml(text);
  const sets = childrenOf(root, "Period").flatMap((period) => childrenOf(period, "AdaptationSet"));
  return {
    url,
    root,
    durationSeconds: secondsOf(root.attributes["mediaPresentationDuration"]),
    minBufferSeconds: secondsOf(root.attributes["minBufferTime"]),
    sets: sets.map((node) => ({
      node,
      attributes: node.attributes,
      representations: childrenOf(node, "Representation").map((one) => readRepresentation(one, node, url)),
    })),
  };
}

function readRepresentation(node: Node, set: Node, manifestUrl: string): Representation {
  const attributes = { ...set.attributes, ...node.attributes };
  const id = node.attributes["id"] ?? "";
  const [template] = [...childrenOf(node, "SegmentTemplate"), ...childrenOf(set, "SegmentTemplate")];
  const [base] = childrenOf(node, "BaseURL");
  const { segments, isContinuous } = template
    ? readTimeline(template, id, manifestUrl)
    : { segments: [], isContinuous: true };
  const init = template?.attributes["initialization"];
  return {
    node,
    id,
    initUrl: init === undefined ? null : resolve(init, { RepresentationID: id }, manifestUrl),
    segments,
    baseUrl: base ? new URL(base.text, manifestUrl).href : null,
    hasTemplate: template !== undefined,
    timescale: Number(template?.attributes["timescale"] ?? 1),
    isContinuous,
    attributes,
  };
}

function readTimeline(template: Node, id: string, manifestUrl: string) {
  const segments: Segment[] = [];
  let at = 0;
  let isContinuous = true;
  const elements = childrenOf(template, "SegmentTimeline").flatMap((timeline) => childrenOf(timeline, "S"));
  elements.forEach(({ attributes }, index) => {
    const start = Number(attributes["t"] ?? at);
    isContinuous &&= index === 0 || start === at;
    at = start;
    for (let repeat = 0; repeat <= Number(attributes["r"] ?? 0); repeat++) {
      const durationTicks = Number(attributes["d"]);
      const values = { RepresentationID: id, Time: String(at), Number: String(segments.length + 1) };
      const url = resolve(template.attributes["media"] ?? "", values, manifestUrl);
      segments.push({ startTicks: at, durationTicks, url });
      at += durationTicks;
    }
  });
  return { segments, isContinuous };
}

function resolve(template: string, values: Record<string, string>, manifestUrl: string): string {
  const path = template.replaceAll(/\$(\w*)\$/g, (_, name: string) =>
    name === "" ? "$" : (values[name] ?? ""),
  );
  return new URL(path, manifestUrl).href;
}
