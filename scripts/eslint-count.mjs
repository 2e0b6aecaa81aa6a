/** A formatter for eslint: one line a finding, then how many files it looked at, as nothing in nothing is no proof. */
import { relative } from "node:path";

export default (results, { cwd }) => {
  const lines = results.flatMap(({ filePath, messages }) => {
    const file = relative(cwd, filePath);
    return messages.map((m) => `${file}:${m.line ?? 0}:${m.column ?? 0}  ${m.message}  ${m.ruleId ?? "parser"}`);
  });
  return [...lines, `looked at ${results.length} files`].join("\n");
};
