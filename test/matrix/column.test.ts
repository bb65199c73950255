// One column of the matrix. vitest.config.ts runs this file once for each column that the run has, as a project of its own.
// needs: tree of the column
import { columnNamed } from './columns.ts';
import { tellStory } from './story.ts';

tellStory(columnNamed(process.env.ENI_AGENT_COLUMN ?? ''));
