// The commands, in the order of the help text. One line each; a command is loaded when it is asked for, since most of a short one's time
// goes into loading.
import type { CliCommand } from './command.ts';

const loaders: Readonly<Record<string, () => Promise<CliCommand>>> = {
  daemon: async () => (await import('./commands/daemon.ts')).daemon,
  once: async () => (await import('./commands/once.ts')).once,
  refresh: async () => (await import('./commands/refresh.ts')).refresh,
  plan: async () => (await import('./commands/plan.ts')).plan,
  status: async () => (await import('./commands/status.ts')).status,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  owner: async () => (await import('./commands/owner.ts')).owner,
  'check-config': async () => (await import('./commands/check-config.ts')).checkConfig,
  render: async () => (await import('./commands/render.ts')).render,
  rollback: async () => (await import('./commands/rollback.ts')).rollback,
  history: async () => (await import('./commands/history.ts')).history,
  pause: async () => (await import('./commands/pause.ts')).pause,
  resume: async () => (await import('./commands/resume.ts')).resume,
  support: async () => (await import('./commands/support.ts')).support,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
  remove: async () => (await import('./commands/remove.ts')).remove,
};

/** The command of that name alone, or all: for the help, and for an error that names them. */
export async function loadCommands(verb: string | undefined): Promise<readonly CliCommand[]> {
  const named = verb !== undefined && Object.hasOwn(loaders, verb) ? [loaders[verb]!] : undefined;
  return Promise.all((named ?? Object.values(loaders)).map(load => load()));
}
