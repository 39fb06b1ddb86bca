/** Colours for stdout: none when it is no terminal or NO_COLOR is set. */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan";

/** Gives a text a style; pure views take it as an argument. */
export type Paint = (style: Style, text: string) => string;

/** Leaves every text as it is. */
export const plainPaint: Paint = (_, text) => text;

/** Decides by the stream and by NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}
