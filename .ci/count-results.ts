/**
 * Adds up vitest's JSON reports, names every failure once more, and prints
 * `N passed, N failed, N skipped` as the last line: who sees only the end of a log sees what broke.
 */
import { readFileSync } from "node:fs";

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] | null }[];
  }[];
};

const reports = process.argv.slice(2).map((path): Report => JSON.parse(readFileSync(path, "utf8")));
const sum = (count: (report: Report) => number) =>
  reports.reduce((total, report) => total + count(report), 0);

for (const file of reports.flatMap((report) => report.testResults)) {
  const failures = file.assertionResults.filter((test) => test.status === "failed");
  for (const test of failures) {
    console.log(`FAILED ${file.name}: ${test.fullName}\n${(test.failureMessages ?? []).join("\n")}\n`);
  }
  if (failures.length === 0 && file.status === "failed") {
    console.log(`FAILED ${file.name}: ${file.message}\n`);
  }
}

const passed = sum((report) => report.numPassedTests);
const failed = sum((report) => report.numFailedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
// A suite that breaks before its tests counts no failed test, but it is no success either.
process.exitCode = passed > 0 && reports.every((report) => report.success) ? 0 : 1;
