// needs: promtool
// with --all only: promtool is a download of 19 MB
// The alert rules, by Prometheus' own tool: they parse, and fire when they should and at no other time.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'vitest';

const folder = path.join(import.meta.dirname, '../../packaging/monitoring');

test.each([
  ['check', 'rules', 'eni-agent-alerts.yaml'],
  ['test', 'rules', 'eni-agent-alerts.test.yaml'],
])('promtool %s %s %s', (...words) => {
  execFileSync(process.env.ENI_AGENT_PROMTOOL!, words, { cwd: folder, timeout: 60_000, stdio: 'pipe' });
});
