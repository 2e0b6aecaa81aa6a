import fs from "node:fs";
import { fileURLToPath } from "node:url";

/** A folder for programs, beside the file of this URL, because a runtime looks for packages where its program is. */
export async function inFolder(beside: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(fileURLToPath(new URL(".environments-", beside)));
  try {
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
