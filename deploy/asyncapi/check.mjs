// Parses an AsyncAPI document with the official parser; every error diagnostic is printed and fails the run.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const source = readFileSync(process.argv[2], "utf8");
const { document, diagnostics } = await new Parser().parse(source);
const errors = diagnostics.filter((one) => one.severity === 0);
for (const one of errors) {
  console.error(`${one.path.join("/")}: ${one.message} (${one.code})`);
}
if (document === undefined || errors.length > 0) process.exit(1);
console.log(`${document.allMessages().length} messages, ${diagnostics.length} remarks, no error.`);
