// count-tests.mjs REPORT EXIT-CODE allowed|refused: prints "PASSED FAILED" for one Jest report.
// What Jest does not call a failed test still counts as a failure: a test file that could not be loaded,
// a run without tests or without a report, an exit code other than 0, and, where skips are refused (the
// suites that need a server or the corpus), every skipped test: a missing server is never a silent pass.
import { readFileSync } from 'node:fs';

const [path, exitCode, skips] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(path, 'utf8'));
} catch (error) {
  console.error(`no readable report from Jest (${error.message}); it ended with code ${exitCode}`);
  console.log('0 1');
  process.exit(0);
}

const skipped = report.testResults.flatMap((file) =>
  file.assertionResults
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => `${test.status}: ${test.fullName}`),
);
if (skipped.length > 0) console.error(`${skipped.length} tests did not run:\n  ${skipped.join('\n  ')}`);

const passed = report.numPassedTests;
let failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
if (skips === 'refused') failed += skipped.length;
if (failed === 0 && (passed === 0 || exitCode !== '0')) {
  console.error(`${passed} tests passed and Jest ended with code ${exitCode}: counted as one failure`);
  failed = 1;
}
console.log(`${passed} ${failed}`);
