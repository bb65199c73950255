// The documented, stable JSON of `status` (docs/json.md). Fields are only ever added.
import { describeDifference } from '../../apply/compare.ts';
import type { Report } from '../../daemon/report.ts';
import type { Mac } from '../../model/address.ts';
import { isMetadataFailure } from '../../pass/inspect.ts';
import { eniJson } from '../pass-json.ts';
import { configJson } from './config.ts';
import { differencesOf } from './difference.ts';
import type { StatusRow } from './rows.ts';
import type { StatusView } from './text.ts';

export function statusJson({ attention, config, found, daemon, rows }: StatusView) {
  return {
    version: 1,
    attention,
    cloud:
      found.cloud === undefined
        ? null
        : { provider: found.cloud.provider, instanceId: found.cloud.instanceId ?? null },
    metadata: metadataWord(found),
    backend: { name: found.selection.backend ?? null, evidence: found.selection.evidence },
    primaryLink: found.primaryLink ?? null,
    primaryAddresses: found.onPrimary,
    configProblem: configJson(config),
    daemon: daemon.report !== undefined && daemon.isAlive ? daemonJson(daemon.report) : null,
    enis: found.enis.map(eni => ({
      plan: eniJson(eni.plan),
      asPlanned: differencesOf(eni).length === 0,
      filesDiffer: eni.filesDiffer,
      differences: describeDifference(eni.difference),
      shadowedBy: rows.find(r => r.mac === eni.plan.mac)?.shadows ?? [],
      ...standing(rows, eni.plan.mac),
    })),
    leftOver: found.leftOver,
    skipped: found.skipped.map(s => ({ ...s, eniId: s.eniId ?? null, ...standing(rows, s.mac) })),
    degraded: found.degraded,
    notRead: found.notRead,
  };
}

function metadataWord({ cloud, failure }: StatusView['found']) {
  if (cloud !== undefined) return 'answered';
  return isMetadataFailure(failure) ? 'no answer' : 'not asked';
}

/** What the table says beyond the plan. */
function standing(rows: readonly StatusRow[], mac: Mac) {
  const row = rows.find(r => r.mac === mac);
  return {
    state: row?.state ?? null,
    since: row?.since ?? null,
    lastError: row?.lastError ?? null,
    owner: row?.owner ?? null,
  };
}

/** The report, with null for what is not there; its version is that of the file. */
export function daemonJson({ version: _, ...report }: Report) {
  return {
    ...report,
    metadata: { ...report.metadata, answeredAt: report.metadata.answeredAt ?? null },
    enis: report.enis.map(eni => ({
      ...eni,
      eniId: eni.eniId ?? null,
      link: eni.link ?? null,
      text: eni.text ?? null,
      reason: eni.reason ?? null,
      lastError: eni.lastError ?? null,
    })),
  };
}
