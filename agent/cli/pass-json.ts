// The documented, stable JSON of a pass (docs/json.md): `plan` and `once` print it. Fields are only ever added.
import type { AgentError } from '../errors.ts';
import type { EniPlan, NetworkPlan } from '../model/network-plan.ts';
import type { PassResult } from '../pass/pass.ts';

/** @param notRead what this user may not read, and so was not compared */
export function passJson(pass: PassResult, notRead: readonly string[] = []) {
  return {
    version: 1,
    outcome: pass.outcome,
    cloud: {
      provider: pass.instance.provider,
      instanceId: pass.instance.instanceId ?? null,
      requests: pass.requests,
    },
    backend: { name: pass.backend, evidence: pass.selection.evidence },
    plan: planJson(pass.desired.plan),
    files: pass.files.map(f => ({
      path: f.path,
      mode: octal(f.mode),
      before: f.before ?? null,
      after: f.after ?? null,
    })),
    commands: pass.commands.map(c => ({ phase: c.phase, argv: c.argv })),
    kernel: pass.kernelChanges,
    degraded: pass.degraded,
    notRead,
    error: pass.failed === undefined ? null : errorJson(pass.failed.error),
  };
}

export function planJson(plan: NetworkPlan) {
  return { ...plan, enis: plan.enis.map(eniJson) };
}

/** `suppressDefault` is what a rule said before it had a length. */
export function eniJson(eni: EniPlan) {
  return { ...eni, rules: eni.rules.map(r => ({ ...r, suppressDefault: r.suppressPrefixLength === 0 })) };
}

export function errorJson({ code, message, hint }: AgentError) {
  return { code, message, hint };
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
