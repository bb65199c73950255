// Which build of the program this is: its version, and the commit of the sources that it was made of.
import packageJson from '../../package.json' with { type: 'json' };

export interface Build {
  readonly version: string;
  /** First twelve digits of the commit, with `-dirty` behind it if files differed from it; null: not known. */
  readonly commit: string | null;
  /** Date of the commit, `2026-11-28`; null: run from a checkout, without a build. */
  readonly date: string | null;
}

/** Put in by packaging/esbuild.ts. */
declare const eniAgentBuild: Omit<Build, 'version'>;

export const build: Build = {
  version: packageJson.version,
  ...(typeof eniAgentBuild === 'undefined' ? { commit: null, date: null } : eniAgentBuild),
};

/** `0.1.0 (commit 0123456789ab, 2026-11-28)` */
export function describeBuild({ version, commit, date }: Build): string {
  const source = commit === null ? 'commit unknown' : `commit ${commit}`;
  return `${version} (${date === null ? 'run from source' : `${source}, ${date}`})`;
}
