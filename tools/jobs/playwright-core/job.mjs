// A browser that is spoken to over the pipes 3 and 4.
import { chromium } from "playwright-core";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, chromiumSandbox: false });
const page = await browser.newPage({ viewport: { width: 320, height: 200 } });
await page.setContent("<title>A page</title><button onclick=\"this.textContent = 'pressed'\">press</button>");
console.log(await page.title());
await page.click("button");
console.log(await page.textContent("button"), await page.evaluate("[innerWidth, innerHeight]"));
const large = await page.evaluate(() => "x".repeat(2_000_000));
console.log(large.length, (await page.screenshot()).subarray(1, 4).toString());
await browser.close();
const failed = await chromium.launch({ executablePath: "/no/such/browser" }).catch((error) => error);
console.log(failed.message.split("\n")[0]);
const dies = await chromium.launch({ executablePath: "/bin/false" }).catch((error) => error);
console.log(/exitCode=1/.test(dies.message));
