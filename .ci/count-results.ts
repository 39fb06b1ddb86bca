/** Adds up vitest's JSON reports and prints `N passed, N failed, N skipped` as the last line. */
import { readFileSync } from "node:fs";

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
};

const reports = process.argv.slice(2).map((path): Report => JSON.parse(readFileSync(path, "utf8")));
const sum = (count: (report: Report) => number) =>
  reports.reduce((total, report) => total + count(report), 0);

const passed = sum((report) => report.numPassedTests);
const failed = sum((report) => report.numFailedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
// A suite that breaks before its tests counts no failed test, but it is no success either.
process.exitCode = passed > 0 && reports.every((report) => report.success) ? 0 : 1;
