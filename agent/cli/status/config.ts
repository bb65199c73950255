// What `status` says where the files of the configuration are wrong, and everything goes by another. Pure.
import type { ConfigTrouble } from '../../config/source.ts';
import type { DaemonView } from '../../daemon/liveness.ts';
import { insteadText } from '../configuration.ts';
import { red, type Style } from '../describe.ts';

/** Lines without the heading; none where the configuration is right. */
export function describeConfig(
  config: ConfigTrouble | undefined,
  { isAlive, report }: DaemonView,
  style: Style,
): readonly string[] {
  if (config === undefined) return [];
  const daemonToo = isAlive && report?.configProblem ? '; the daemon works by it as well' : '';
  return [
    red(style, `! ${config.error.message}`),
    `shown by ${insteadText(config)}${daemonToo}`,
    config.error.hint,
  ];
}

/** As a reason for exit code 2. */
export function configAttention(config: ConfigTrouble | undefined): readonly string[] {
  return config === undefined ? [] : [`wrong configuration: ${config.error.message}`];
}

/** The daemon as it is beside these lines, which say already what it has to say of its configuration. */
export function besideConfig(config: ConfigTrouble | undefined, daemon: DaemonView): DaemonView {
  const { report } = daemon;
  if (config === undefined || report === undefined) return daemon;
  return { ...daemon, report: { ...report, configProblem: null } };
}

export function configJson(config: ConfigTrouble | undefined) {
  if (config === undefined) return null;
  const { error, lastGoodSince } = config;
  return { message: error.message, hint: error.hint, lastGoodSince: lastGoodSince ?? null };
}
