/** Columns and colours of what the command line prints. */
import { isatty } from "node:tty";
import Table from "cli-table3";
import pc from "picocolors";

/** Colours for a terminal that wants them; picocolors alone would also colour a pipe when `CI` is set. */
export const colours: ReturnType<typeof pc.createColors> = pc.createColors(isatty(1) && pc.isColorSupported);

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Rows without lines around them, so that they can be read, grepped and cut alike. */
export function table(head: readonly string[] | undefined, rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    ...(head && { head: head.map((title) => colours.dim(title)) }),
    chars: NO_LINES,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
